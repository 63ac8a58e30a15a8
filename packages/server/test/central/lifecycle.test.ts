import { Agent, request } from 'node:https'
import { connect } from 'node:net'
import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager } from '@lingpai/core'
import { fastify } from 'fastify'
import { clientKeys, createClientKey, startTokenServer, tokenServer, type StartOptions } from '../../src/index.js'
import { accountsOf, openCentralWorld, until, type CentralWorld } from './central-world.js'
import { certificate } from '../../../testing/test/support/certificate.js'

let world: CentralWorld
beforeEach(async () => {
  world = await openCentralWorld()
})
afterEach(() => world.close())

describe('the end', () => {
  test('what is under way is answered, and nothing new is let in', async () => {
    const patient = await openCentralWorld({ simulator: world.simulator, drainMs: 10_000 })
    world.simulator.fault({ platform: 'wechat', latencyMs: 300 })
    const answer = patient.call('/v1/accounts/shop/token')
    await until(() => world.simulator.ledger.tokenRequests() === 1)
    const ended = patient.server.close()
    expect(await answer).toMatchObject({ status: 200, body: { generation: 1 } })
    await ended
    await expect(patient.call('/healthz')).rejects.toThrow()
    await patient.close()
  })

  test('what takes too long is cut off', async () => {
    const slow = await openCentralWorld({ simulator: world.simulator, drainMs: 100 })
    world.simulator.fault({ platform: 'wechat', hang: true })
    const answer = slow.call('/v1/accounts/shop/token').catch(() => 'cut')
    await until(() => world.simulator.ledger.tokenRequests() === 1)
    await slow.server.close()
    expect(await answer).toBe('cut')
    await slow.close()
  })

  test('readiness is lost first, on connections that are there already', async () => {
    world.simulator.fault({ platform: 'wechat', latencyMs: 500 })
    const { hostname, port } = new URL(world.url)
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.setEncoding('utf8').on('data', (part: string) => (text += part))
    const key = world.key()
    const ask = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n\r\n`
    // Sent together: the second is answered when the first is, and by then the server is ending.
    socket.write(ask('/v1/accounts/shop/token'))
    await until(() => world.simulator.ledger.tokenRequests() === 1)
    const ended = world.server.close()
    await until(() => text.includes('"generation":1'))
    expect(text).toMatch(/^HTTP\/1.1 200 OK/)
    await ended
    socket.destroy()
  })
})

describe('the address', () => {
  const start = (host: string, keys = clientKeys(), more: Partial<StartOptions> = {}) => {
    const manager = new TokenManager({ cache: memoryCache() })
    return startTokenServer({ accounts: [], manager, cache: memoryCache(), keys, host, ...more })
  }
  const { key } = createClientKey({ name: 'x', role: 'reader', accounts: '*' }, 0)

  test.each(['0.0.0.0', '::', '192.0.2.1', 'example.com'])('%s is refused without client keys', async (host) => {
    await expect(start(host)).rejects.toMatchObject({
      code: 'ERR_LINGPAI_CONFIG',
      message: `${host} can be reached by others, and there are no client keys`,
    })
  })

  test('one beyond loopback is refused without TLS, unless that is said to be meant', async () => {
    await expect(start('0.0.0.0', clientKeys([key]))).rejects.toMatchObject({
      code: 'ERR_LINGPAI_CONFIG',
      message: '0.0.0.0 can be reached by others, and without TLS they can read the client keys',
    })
    const withTls = await start('0.0.0.0', clientKeys([key]), { tls: certificate('any') })
    expect(withTls.url).toMatch(/^https:/)
    await withTls.close()
    const server = await start('0.0.0.0', clientKeys([key]), { allowPlainHttp: true })
    expect(server.url).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/)
    await server.close()
  })

  test.each([[1], [0], ['nonsense'], ['10.0.0.0/33'], ['10.0.0.1, proxy.internal'], [[]], [['127.0.0.1', 7]], [null]])(
    'the proxy %j is rejected by the name of its option',
    async (trustProxy) => {
      const options = { trustProxy } as unknown as Partial<StartOptions>
      await expect(start('127.0.0.1', clientKeys([key]), options)).rejects.toMatchObject({
        code: 'ERR_LINGPAI_CONFIG',
        message: expect.stringContaining('"trustProxy" must be true, an address or network'),
      })
    },
  )

  test.each([['127.0.0.1'], ['10.0.0.0/8, 127.0.0.0/8'], [['::1', '127.0.0.1']], ['loopback'], [true]])(
    'the proxy %j may say who the client is: who tries keys behind it stops no other client',
    async (trustProxy) => {
      const server = await start('127.0.0.1', clientKeys([key]), { trustProxy })
      const tryKey = async (client: string): Promise<number> => {
        const headers = { 'x-forwarded-for': client, authorization: 'Bearer PLANTED', connection: 'close' }
        return (await fetch(`${server.url}/v1/accounts`, { headers })).status
      }
      const tries = await Promise.all(Array.from({ length: 40 }, () => tryKey('203.0.113.7')))
      expect(tries).toContain(429)
      expect(await tryKey('203.0.113.8')).toBe(401)
      await server.close()
    },
  )

  test('one that is taken is told of in one line', async () => {
    const { port } = new URL(world.url)
    await expect(
      startTokenServer({
        accounts: [],
        manager: world.manager,
        cache: world.cache,
        keys: world.keys,
        port: Number(port),
      }),
    ).rejects.toMatchObject({ code: 'ERR_LINGPAI_CONFIG', message: `the address 127.0.0.1:${port} is in use` })
  })
})

describe('TLS', () => {
  const statusBy = (url: string, ca: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const agent = new Agent({ ca, maxCachedSessions: 0 })
      request(`${url}/healthz`, { agent }, (reply) => {
        reply.resume().on('end', () => resolve(reply.statusCode ?? 0))
      })
        .on('error', reject)
        .end()
    })

  test('a certificate serves, and another takes its place without a restart', async () => {
    const [first, second] = [certificate('first'), certificate('second')]
    const server = await startTokenServer({
      accounts: [],
      manager: world.manager,
      cache: world.cache,
      keys: world.keys,
      tls: first,
    })
    expect(server.url).toMatch(/^https:/)
    expect(await statusBy(server.url, first.cert)).toBe(200)
    server.setTls(second)
    expect(await statusBy(server.url, second.cert)).toBe(200)
    await expect(statusBy(server.url, first.cert)).rejects.toMatchObject({
      code: expect.stringMatching(/CERT|SELF_SIGNED/),
    })
    expect(() => {
      server.setTls({ cert: 'x', key: 'PLANTED' })
    }).toThrow('the certificate or its key cannot be used')
    expect(await statusBy(server.url, second.cert)).toBe(200)
    await server.close()
  })
})

describe('as a plugin', () => {
  test('it serves below a prefix of somebody else’s fastify, and leaves the rest alone', async () => {
    const app = fastify()
    app.get('/own', () => ({ mine: true }))
    const { text, key } = createClientKey({ name: 'x', role: 'reader', accounts: '*' }, 0)
    const { manager, cache, simulator } = world
    const accounts = accountsOf(simulator, manager)
    await app.register(tokenServer, { prefix: '/lingpai', accounts, manager, cache, keys: clientKeys([key]) })
    const url = await app.listen()
    const reply = await fetch(`${url}/lingpai/v1/accounts/bot/token`, { headers: { authorization: `Bearer ${text}` } })
    expect(await reply.json()).toMatchObject({ generation: 1 })
    const own = await fetch(`${url}/own`)
    expect(await own.json()).toEqual({ mine: true })
    expect(own.headers.get('cache-control')).toBeNull()
    expect(await (await fetch(`${url}/nothing`)).json()).toMatchObject({ error: 'Not Found' })
    await app.close()
  })
})

test('two accounts of one name are refused, and the old ones stay', () => {
  const [bot] = world.accounts.all()
  expect(() => {
    world.accounts.replace([bot!, bot!])
  }).toThrow('the account "bot" is given twice')
  expect(() => {
    world.accounts.replace([{ ...bot!, name: '../x' }])
  }).toThrow('is no name')
  expect(world.accounts.all()).toHaveLength(2)
})
