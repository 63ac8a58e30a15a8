import { Agent, request } from 'node:https'
import { connect } from 'node:net'
import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager } from '@lingpai/core'
import { fastify } from 'fastify'
import { clientKeys, createClientKey, startTokenServer, tokenServer, type StartOptions } from '../../src/index.js'
import { accountsOf, openServerWorld, until, type ServerWorld } from './server-world.js'
import { certificate } from '../../../testing/test/support/certificate.js'

let world: ServerWorld
beforeEach(async () => {
  world = await openServerWorld()
})
afterEach(() => world.close())

describe('the shutdown', () => {
  test('a running request is completed during the shutdown, and new connections are rejected', async () => {
    const patient = await openServerWorld({ simulator: world.simulator, drainMs: 10_000 })
    world.simulator.fault({ platform: 'wechat', latencyMs: 300 })
    const response = patient.call('/v1/accounts/shop/token')
    await until(() => world.simulator.ledger.tokenRequests() === 1)
    const ended = patient.server.close()
    expect(await response).toMatchObject({ status: 200, body: { generation: 1 } })
    await ended
    await expect(patient.call('/healthz')).rejects.toThrow()
    await patient.close()
  })

  test('a request that exceeds the drain time is cut off', async () => {
    const slow = await openServerWorld({ simulator: world.simulator, drainMs: 100 })
    world.simulator.fault({ platform: 'wechat', hang: true })
    const response = slow.call('/v1/accounts/shop/token').catch(() => 'cut')
    await until(() => world.simulator.ledger.tokenRequests() === 1)
    await slow.server.close()
    expect(await response).toBe('cut')
    await slow.close()
  })

  test('readiness fails as soon as the shutdown begins, on existing connections', async () => {
    const patient = await openServerWorld({ simulator: world.simulator, drainMs: 10_000 })
    const { hostname, port } = new URL(patient.url)
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.setEncoding('utf8').on('data', (part: string) => (text += part))
    const ask = async (path: string): Promise<string> => {
      text = ''
      socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)
      await until(() => text.endsWith('}'))
      return text
    }
    expect(await ask('/readyz')).toMatch(/^HTTP\/1.1 200 OK/)
    const ended = patient.server.close()
    const response = await ask('/readyz')
    expect(response).toMatch(/^HTTP\/1.1 503 /)
    expect(response).toContain('"status":"draining"')
    await ended
    socket.destroy()
    await patient.close()
  })
})

describe('the address', () => {
  const start = (host: string, keys = clientKeys(), more: Partial<StartOptions> = {}) => {
    const manager = new TokenManager({ cache: memoryCache() })
    return startTokenServer({ accounts: [], manager, cache: memoryCache(), keys, host, ...more })
  }
  const { key } = createClientKey({ name: 'x', role: 'reader', accounts: '*' }, 0)

  test.each(['0.0.0.0', '::', '192.0.2.1', 'example.com'])(
    'the address %s is rejected without client keys',
    async (host) => {
      await expect(start(host)).rejects.toMatchObject({
        code: 'ERR_LINGPAI_CONFIG',
        message: `startTokenServer: "keys" must not be empty, because other hosts can reach ${host}`,
      })
    },
  )

  test('an address beyond loopback is rejected without TLS unless plain HTTP is allowed', async () => {
    await expect(start('0.0.0.0', clientKeys([key]))).rejects.toMatchObject({
      code: 'ERR_LINGPAI_CONFIG',
      message: 'startTokenServer: "tls" must be set, because other hosts can reach 0.0.0.0 and read the client keys',
    })
    const withTls = await start('0.0.0.0', clientKeys([key]), { tls: certificate('any') })
    expect(withTls.url).toMatch(/^https:/)
    await withTls.close()
    const server = await start('0.0.0.0', clientKeys([key]), { allowPlainHttp: true })
    expect(server.url).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/)
    await server.close()
  })

  test.each([[1], [0], ['nonsense'], ['10.0.0.0/33'], ['10.0.0.1, proxy.internal'], [[]], [['127.0.0.1', 7]], [null]])(
    'startTokenServer rejects the trustProxy %j',
    async (trustProxy) => {
      const options = { trustProxy } as unknown as Partial<StartOptions>
      await expect(start('127.0.0.1', clientKeys([key]), options)).rejects.toMatchObject({
        code: 'ERR_LINGPAI_CONFIG',
        message: expect.stringContaining('"trustProxy" must be true, an address or network'),
      })
    },
  )

  test.each([['127.0.0.1'], ['10.0.0.0/8, 127.0.0.0/8'], [['::1', '127.0.0.1']], ['loopback'], [true]])(
    'behind the trusted proxy %j, wrong keys of one client do not block another client',
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

  test('an address in use gives an error of one line', async () => {
    const { port } = new URL(world.url)
    await expect(
      startTokenServer({
        accounts: [],
        manager: world.manager,
        cache: world.cache,
        keys: world.keys,
        port: Number(port),
      }),
    ).rejects.toMatchObject({
      code: 'ERR_LINGPAI_CONFIG',
      message: `startTokenServer: 127.0.0.1:${port} is already in use`,
    })
  })
})

describe('TLS', () => {
  const statusBy = (url: string, ca: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const agent = new Agent({ ca, maxCachedSessions: 0 })
      request(`${url}/healthz`, { agent }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0))
      })
        .on('error', reject)
        .end()
    })

  test('setTls() replaces the certificate without a restart', async () => {
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
    }).toThrow('"tls" must be a usable certificate')
    expect(await statusBy(server.url, second.cert)).toBe(200)
    await server.close()
  })
})

describe('the plugin', () => {
  test('the plugin serves below a prefix of another fastify app and leaves the other routes unchanged', async () => {
    const app = fastify()
    app.get('/own', () => ({ mine: true }))
    const { text, key } = createClientKey({ name: 'x', role: 'reader', accounts: '*' }, 0)
    const { manager, cache, simulator } = world
    const accounts = accountsOf(simulator, manager)
    await app.register(tokenServer, { prefix: '/lingpai', accounts, manager, cache, keys: clientKeys([key]) })
    const url = await app.listen()
    const response = await fetch(`${url}/lingpai/v1/accounts/bot/token`, {
      headers: { authorization: `Bearer ${text}` },
    })
    expect(await response.json()).toMatchObject({ generation: 1 })
    const own = await fetch(`${url}/own`)
    expect(await own.json()).toEqual({ mine: true })
    expect(own.headers.get('cache-control')).toBeNull()
    expect(await (await fetch(`${url}/nothing`)).json()).toMatchObject({ error: 'Not Found' })
    await app.close()
  })
})

test('a register rejects duplicate and invalid names, and its previous accounts stay', () => {
  const [bot] = world.accounts.all()
  expect(() => {
    world.accounts.replace([bot!, bot!])
  }).toThrow('accounts: the name "bot" must be unique')
  expect(() => {
    world.accounts.replace([{ ...bot!, name: '../x' }])
  }).toThrow('must be a letter or digit')
  expect(world.accounts.all()).toHaveLength(2)
})
