import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { qqBot } from '@lingpai/provider-qq-bot'
import { WebSocketServer } from 'ws'
import { QQBotGateway, shardedQQBotGateways } from '../src/index.js'
import { journalOf, withGateways, type GatewayWorld } from './gateway-world.js'

/** A foreign host that speaks HTTP and WebSocket, sends Hello, and records what it receives. */
async function foreignHost() {
  const heard: string[] = []
  const note = ({ url, headers }: IncomingMessage): void => void heard.push(`${url} ${JSON.stringify(headers)}`)
  const server = createServer((request, response) => {
    note(request)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ url: `ws://${request.headers.host}/websocket`, shards: 1 }))
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket, request) => {
    note(request)
    socket.on('message', (data) => heard.push(String(data)))
    socket.send(JSON.stringify({ op: 10, d: { heartbeat_interval: 30_000 } }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const close = async (): Promise<void> => {
    for (const socket of sockets.clients) socket.terminate()
    server.close().closeAllConnections()
    await once(server, 'close')
  }
  return { host, heard, close }
}

type Foreign = Awaited<ReturnType<typeof foreignHost>>

async function withForeignHost(use: (world: GatewayWorld, foreign: Foreign) => Promise<void>): Promise<void> {
  const foreign = await foreignHost()
  try {
    await withGateways((world) => use(world, foreign))
  } finally {
    await foreign.close()
  }
}

test('a gateway address on a foreign host is rejected before a socket is opened', () =>
  withForeignHost(async ({ simulator, clock, open }, foreign) => {
    simulator.fault({ endpoint: '/gateway/bot', body: { url: `ws://${foreign.host}/websocket` } })
    await expect(clock.runUntil(open().connect())).rejects.toMatchObject({
      code: 'ERR_LINGPAI_MALFORMED_RESPONSE',
      retryable: false,
      message: expect.stringContaining(foreign.host) as unknown,
    })
    expect(foreign.heard).toEqual([])
  }))

test.each([301, 302, 303, 307, 308])(
  'an HTTP %i redirect to a foreign host receives no token, neither with the call nor in Identify',
  (status) =>
    withForeignHost(async ({ simulator, clock, open }, foreign) => {
      const redirect = `http://${foreign.host}/gateway/bot`
      simulator.fault({ endpoint: '/gateway/bot', status, redirect })
      await expect(clock.runUntil(open().connect())).rejects.toMatchObject({
        code: 'ERR_LINGPAI_TRANSPORT',
        retryable: false,
        details: { status },
        hint: expect.stringContaining('in front of the API') as unknown,
      })
      expect(foreign.heard).toEqual([])
    }),
)

test('a redirect of the WebSocket handshake to a foreign host is not followed', () =>
  withForeignHost(async ({ clock, manager, simulator }, foreign) => {
    const redirecting = createServer().on('upgrade', (_, socket) => {
      socket.end(`HTTP/1.1 302 Found\r\nlocation: ws://${foreign.host}/websocket\r\nconnection: close\r\n\r\n`)
    })
    redirecting.listen(0, '127.0.0.1')
    await once(redirecting, 'listening')
    const origin = `127.0.0.1:${(redirecting.address() as AddressInfo).port}`
    simulator.fault({ endpoint: '/gateway/bot', body: { url: `ws://${origin}/websocket` } })
    const provider = simulator.provider(qqBot).extend({ apiOrigins: [`http://${origin}`] })
    const gateway = new QQBotGateway({
      source: manager.source(provider, simulator.accounts.qq),
      intents: ['GROUP_AND_C2C_EVENT'],
      clock,
    })
    const journal = journalOf(gateway)
    await clock.runUntil(gateway.connect())
    expect(journal).toContain('error:TRANSPORT')
    expect(foreign.heard).toEqual([])
    await clock.runUntil(gateway.close())
    redirecting.close().closeAllConnections()
  }))

test('a gateway that was live does not follow a later response to a foreign host', () =>
  withForeignHost(async ({ simulator, clock, connected }, foreign) => {
    const gateway = await connected()
    simulator.fault({ endpoint: '/gateway/bot', body: { url: `ws://${foreign.host}/websocket` }, times: 3 })
    simulator.qqGateway.disturb({ invalidSession: 'final' })
    await clock.advance(120_000)
    expect(gateway.status().state).toBe('live')
    expect(foreign.heard).toEqual([])
  }))

test('shardedQQBotGateways() does not follow a redirect to a foreign host', () =>
  withForeignHost(async ({ simulator, clock, source }, foreign) => {
    simulator.fault({ endpoint: '/gateway/bot', redirect: `http://${foreign.host}/gateway/bot` })
    await expect(clock.runUntil(shardedQQBotGateways({ source, intents: ['GUILDS'], clock }))).rejects.toMatchObject({
      code: 'ERR_LINGPAI_TRANSPORT',
      details: { status: 302 },
    })
    expect(foreign.heard).toEqual([])
  }))

test('an API origin added with extend() may host the gateway', () =>
  withForeignHost(async ({ simulator, clock, manager }, own) => {
    simulator.fault({ endpoint: '/gateway/bot', body: { url: `ws://${own.host}/websocket` } })
    const provider = simulator.provider(qqBot).extend({ apiOrigins: [`http://${own.host}`] })
    const source = manager.source(provider, simulator.accounts.qq)
    const gateway = new QQBotGateway({ source, intents: ['GROUP_AND_C2C_EVENT'], clock })
    void gateway.connect()
    await clock.advance(5000)
    expect(own.heard.join()).toContain(await source.getAccessToken())
    await clock.runUntil(gateway.close())
  }))
