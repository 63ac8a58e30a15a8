import { fork, type ChildProcess } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'
import { QQBotGateway } from '@lingpai/qq-bot-gateway'
import { startSimulator } from '@lingpai/testing/simulator'
import { WebSocket, WebSocketServer } from 'ws'

/**
 * Events per second from the socket to a listener (parsed, numbered, without repetitions), against a bare `ws` socket with
 * `JSON.parse`, in turn in one run. Another process sends the frames. A second is one of this process's processor time, so the
 * figure is that of one core regardless of other load. Compare the ratio, not the absolute figures.
 *
 * node --conditions=@lingpai/source --import tsx benchmarks/gateway.ts
 */
const framesPerRound = 50_000
const warmUps = 4
const rounds = 21

const message = {
  content: ' what is the weather like in Shenzhen today?',
  timestamp: '2026-11-20T15:04:05+08:00',
  author: { id: 'E4F4AEA33253A2797FB897C50B81D7ED', member_openid: 'E4F4AEA33253A2797FB897C50B81D7ED' },
  group_id: 'C9F778FE6ADF9D1D1DBE395BF744A33A',
  group_openid: 'C9F778FE6ADF9D1D1DBE395BF744A33A',
}
const type = 'GROUP_AT_MESSAGE_CREATE'

/** Sends the given number of events to each connection of a kind on command. */
function serveFrames(): void {
  const server = createServer()
  const connections = new Map<string, WebSocket>()
  let sent = 1
  new WebSocketServer({ server }).on('connection', (socket, { url }) => {
    connections.set(String(url), socket)
    socket.send('{"op":10,"d":{"heartbeat_interval":41250}}')
    socket.on('message', (data: Buffer) => {
      const { op } = JSON.parse(data.toString('utf8')) as { readonly op: number }
      if (op === 1) socket.send('{"op":11}')
      if (op === 2) socket.send('{"op":0,"s":1,"t":"READY","d":{"session_id":"benchmark"}}')
    })
  })
  const rest = JSON.stringify(message).slice(1)
  process.on('message', (url: string) => {
    const socket = connections.get(url)
    for (let frame = 0; frame < framesPerRound; frame += 1) {
      sent += 1
      socket?.send(
        `{"op":0,"s":${sent},"t":"${type}","id":"${type}:kbcj5wsrtk1cp2qf6${sent}","d":{"id":"ROBOT1.0_kbcJ5wsRtK1cP2qF6sP8uL3f0aXxH4mE9yTz${sent}",${rest}}`,
      )
    }
  })
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
}

/** Counts the frames that arrive. */
interface Receiver {
  readonly url: string
  count: number
  whenDone: (() => void) | undefined
}

function receiver(url: string): Receiver {
  return { url, count: 0, whenDone: undefined }
}

function countOne(to: Receiver): void {
  to.count += 1
  if (to.count % framesPerRound === 0) to.whenDone?.()
}

/** Frames per second of this process's processor time. */
async function measure(child: ChildProcess, to: Receiver): Promise<number> {
  const before = process.cpuUsage()
  await new Promise<void>((resolve) => {
    to.whenDone = resolve
    child.send(to.url)
  })
  const { user, system } = process.cpuUsage(before)
  return framesPerRound / ((user + system) / 1e6)
}

async function openOurs(address: string, ours: Receiver): Promise<() => Promise<void>> {
  const simulator = await startSimulator()
  simulator.fault({ endpoint: '/gateway/bot', body: { url: `${address}${ours.url}`, shards: 1 } })
  const manager = new TokenManager({ cache: memoryCache() })
  const provider = simulator.provider(qqBot).extend({ apiOrigins: [address.replace('ws:', 'http:')] })
  const source = manager.source(provider, simulator.accounts.qq)
  const gateway = new QQBotGateway({ source, intents: ['GROUP_AND_C2C_EVENT'] })
  gateway.on('group_message', ({ data }) => {
    if (data.content !== '') countOne(ours)
  })
  await gateway.connect()
  return async () => {
    await gateway.close()
    await manager.close()
    await simulator.close()
  }
}

async function openBare(address: string, bare: Receiver): Promise<() => void> {
  const socket = new WebSocket(`${address}${bare.url}`, { perMessageDeflate: false })
  await new Promise((resolve) => socket.once('open', resolve))
  socket.on('message', (data: Buffer) => {
    const payload = JSON.parse(data.toString('utf8')) as {
      readonly op: number
      readonly d: { readonly content?: string }
    }
    if (payload.op === 0 && payload.d.content !== '') countOne(bare)
  })
  return () => {
    socket.terminate()
  }
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b)
const median = (values: readonly number[]): number => sorted(values)[values.length >> 1] ?? Number.NaN

async function run(): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), ['frames'], { execArgv: process.execArgv })
  const port = await new Promise((resolve) => child.once('message', resolve))
  const address = `ws://127.0.0.1:${String(port)}`
  const [ours, bare] = [receiver('/ours'), receiver('/bare')]
  const closeOurs = await openOurs(address, ours)
  const closeBare = await openBare(address, bare)
  const pairs: { readonly ours: number; readonly bare: number }[] = []
  for (let round = 0; round < warmUps + rounds; round += 1) {
    const isOursFirst = round % 2 === 0
    const first = await measure(child, isOursFirst ? ours : bare)
    const second = await measure(child, isOursFirst ? bare : ours)
    if (round >= warmUps) pairs.push(isOursFirst ? { ours: first, bare: second } : { ours: second, bare: first })
  }
  const ratios = sorted(pairs.map((pair) => pair.ours / pair.bare))
  process.stdout.write(
    `${[
      `gateway, ${rounds} paired rounds of ${framesPerRound} events, node ${process.version}`,
      `ws + JSON.parse  ${median(pairs.map((pair) => pair.bare)).toFixed(0)} events/s of one core`,
      `QQBotGateway     ${median(pairs.map((pair) => pair.ours)).toFixed(0)} events/s of one core (wanted at least 20000)`,
      `ratio            ${median(ratios).toFixed(3)} (min ${ratios[0]?.toFixed(3)}, max ${ratios.at(-1)?.toFixed(3)}; wanted at least 0.6)`,
    ].join('\n')}\n`,
  )
  await closeOurs()
  closeBare()
  child.kill()
}

if (process.argv[2] === 'frames') serveFrames()
else await run()
