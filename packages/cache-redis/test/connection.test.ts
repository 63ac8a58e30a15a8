import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { inspect } from 'node:util'
import { createClient } from '@keyv/redis'
import { redisCache } from '@lingpai/cache-redis'
import type { IAccessTokenCache } from '@lingpai/core'
import { testClock } from '@lingpai/testing'
import { freePort, startRedis, withRealRedis, type TestRedis } from '../../testing/test/support/redis-server.js'
import { startProxy } from './tcp-proxy.js'

let redis: TestRedis
let caches: IAccessTokenCache[]
beforeEach(async () => {
  redis = await startRedis()
  caches = []
})
afterEach(async () => {
  for (const cache of caches) await cache.close?.()
  await redis.close()
})

function open(options: Parameters<typeof redisCache>[0]) {
  const cache = redisCache(options)
  caches.push(cache)
  return cache
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  )
}

test('a record is stored unchanged under a readable key and expired by Redis', async () => {
  const cache = open({ url: redis.url })
  const expiresAtMs = Date.now() + 100_000
  await cache.set('lingpai:1:a', '{"access_token":"one"}', expiresAtMs)
  expect(await redis.send('GET', 'lingpai:{lingpai:1:a}')).toBe('{"access_token":"one"}')
  expect(Number(await redis.send('PTTL', 'lingpai:{lingpai:1:a}'))).toBeGreaterThan(90_000)
  await cache.set('lingpai:1:a', 'two')
  expect(await redis.send('PTTL', 'lingpai:{lingpai:1:a}')).toBe(-1)
  await cache.lease.take('lingpai:1:a', 'holder', 1000)
  await cache.lease.commit('lingpai:1:a', 'holder', 'three', expiresAtMs)
  expect(Number(await redis.send('PTTL', 'lingpai:{lingpai:1:a}'))).toBeGreaterThan(90_000)
  expect(await redis.send('EXISTS', 'lingpai:{lingpai:1:a}:lease')).toBe(0)
})

test('the first call waits for a slow connection up to timeoutMs', async () => {
  const proxy = await startProxy(redis.port)
  proxy.swallow()
  const clock = testClock()
  const cache = open({ url: proxy.url, timeoutMs: 60_000, clock })
  const first = cache.get('key')
  await clock.advance(50_000)
  proxy.heal()
  expect(await first).toBeUndefined()
  await proxy.close()
})

test('the clock of the cache is the current time of Redis', async () => {
  const cache = open({ url: redis.url })
  const serverMs = async (): Promise<number> => {
    const [seconds, microseconds] = (await redis.send('TIME')) as readonly string[]
    return Number(seconds) * 1000 + Number(microseconds) / 1000
  }
  for (let round = 0; round < 3; round += 1) {
    const before = await serverMs()
    const told = await cache.nowMs()
    expect(told).toBeGreaterThanOrEqual(before)
    expect(told).toBeLessThanOrEqual(await serverMs())
  }
})

test('a write notification has key and generation and nothing of the value', async () => {
  const cache = open({ url: redis.url })
  const client = createClient({ url: redis.url })
  await client.connect()
  const messages: string[] = []
  await client.subscribe('lingpai:changes', (message) => messages.push(message))
  await cache.lease.take('a', 'holder', 1000)
  await cache.lease.commit('a', 'holder', '{"access_token":"PLANTED","generation":7}')
  await cache.set('a', 'PLANTED')
  // A rejection mark has no generation that would let a process skip it.
  await cache.set('a', '{"access_token":"PLANTED","generation":7,"rejectedCode":40001}')
  while (messages.length < 3) await pause(1)
  const news = messages.map((text) => JSON.parse(text) as unknown)
  expect(news).toEqual([{ key: 'a', generation: 7 }, { key: 'a' }, { key: 'a' }])
  client.destroy()
})

test('a listener that throws and a malformed notification affect no other listener', async () => {
  const cache = open({ url: redis.url })
  let heard = 0
  cache.subscribe(() => {
    throw new TypeError('a listener')
  })
  cache.subscribe(() => (heard += 1))
  while (Number(((await redis.send('PUBSUB', 'NUMSUB', 'lingpai:changes')) as unknown[])[1]) < 1);
  for (const rubbish of ['', 'null', '{}', '{"key":4}', '[']) await redis.send('PUBLISH', 'lingpai:changes', rubbish)
  await cache.set('a', 'x')
  while (heard === 0) await pause(1)
  expect(heard).toBe(1)
})

withRealRedis('a subscription resumes after a restart of Redis and ends with its last listener', async () => {
  const cache = open({ url: redis.url })
  let heard = 0
  const end = cache.subscribe(() => (heard += 1))
  await cache.set('a', 'x')
  await redis.kill()
  await redis.restart()
  const startedAt = performance.now()
  heard = 0
  while (heard === 0) {
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    await cache.set('a', 'x').catch(() => undefined)
    await pause(20)
  }
  end()
  end()
  const subscribers = async () => Number(((await redis.send('PUBSUB', 'NUMSUB', 'lingpai:changes')) as unknown[])[1])
  while ((await subscribers()) > 0) await pause(5)
})

withRealRedis('a wrong password is a clear error that is retried slowly and never shown', async () => {
  await redis.send('ACL', 'SETUSER', 'bot', 'on', '>right-PLANTED', '~*', '&*', '+@all')
  const url = `redis://bot:wrong-PLANTED@127.0.0.1:${redis.port}`
  const cache = open({ url })
  const error = await failureOf(cache.get('a'))
  expect(error).toMatchObject({ name: 'RedisStoreError', code: 'WRONGPASS' })
  expect(String(error)).toMatch(/password is wrong/)
  expect(inspect([error, cache], { depth: 9, showHidden: true })).not.toContain('PLANTED')
  await pause(1000)
  const log = (await redis.send('ACL', 'LOG')) as unknown[]
  expect(JSON.stringify(log)).toContain('bot')
  // One entry counts all attempts alike: one so far.
  expect((log[0] as unknown[])[1]).toBe(1)
  expect(await failureOf(cache.get('a'))).toMatchObject({ code: 'WRONGPASS' })

  const right = open({ url, password: 'right-PLANTED' })
  await right.set('a', 'one')
  expect(await right.get('a')).toBe('one')
  await redis.send('ACL', 'SETUSER', 'bot', '>wrong-PLANTED')
  const startedAt = performance.now()
  while ((await cache.get('a').catch(() => undefined)) !== 'one') {
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    await pause(50)
  }
})

withRealRedis('a missing password is a clear error', async () => {
  await redis.send('CONFIG', 'SET', 'requirepass', 'PLANTED')
  expect(await failureOf(open({ url: redis.url }).get('a'))).toMatchObject({ code: 'NOAUTH' })
  const cache = open({ url: `redis://:PLANTED@127.0.0.1:${redis.port}/2` })
  await cache.set('a', 'one')
  expect(await cache.get('a')).toBe('one')
})

withRealRedis('a replica, a full server and a denied command are named with what to do about them', async () => {
  await redis.send('ACL', 'SETUSER', 'bot', 'on', '>PLANTED', '~*', '&*', '+@all', '-eval')
  const denied = open({ url: `redis://bot:PLANTED@127.0.0.1:${redis.port}` })
  expect(await failureOf(denied.set('a', 'one'))).toMatchObject({
    code: 'NOPERM',
    retryable: false,
    hint: expect.stringContaining('grant'),
  })
  const cache = open({ url: redis.url })
  await redis.send('CONFIG', 'SET', 'maxmemory', '1')
  expect(await failureOf(cache.set('a', 'one'))).toMatchObject({
    code: 'OOM',
    retryable: true,
    hint: expect.stringContaining('maxmemory'),
  })
  await redis.send('CONFIG', 'SET', 'maxmemory', '0')
  await redis.send('REPLICAOF', '127.0.0.1', '1')
  expect(await failureOf(cache.set('a', 'one'))).toMatchObject({
    code: 'READONLY',
    retryable: true,
    hint: expect.stringContaining('master'),
  })
})

test.each([
  ['speaks another protocol', 'HTTP/1.1 400 Bad Request\r\n\r\n', { code: 'NOTREDIS', retryable: false }],
  ['closes each connection', '', { code: 'ECONNRESET', retryable: true }],
])('a server that %s is named as such', async (_, words, expected) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(words))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const error = await failureOf(open({ url: `redis://127.0.0.1:${port}`, timeoutMs: 5000 }).get('a'))
  expect(error).toMatchObject({ ...expected, hint: expect.stringContaining('rediss:') })
  server.close()
})

withRealRedis('a Redis user needs exactly these permissions', async () => {
  const commands = [
    'get',
    'set',
    'del',
    'unlink',
    'eval',
    'pttl',
    'pexpireat',
    'publish',
    'subscribe',
    'unsubscribe',
    'time',
    'ping',
  ]
  const rights = commands.map((command) => `+${command}`)
  await redis.send('ACL', 'SETUSER', 'bot', 'on', '>pw', '~lingpai:*', '&lingpai:changes', '-@all', ...rights)
  const cache = open({ url: `redis://bot:pw@127.0.0.1:${redis.port}` })
  let heard = 0
  cache.subscribe(() => (heard += 1))
  while (heard === 0) {
    await cache.set('a', 'one', Date.now() + 1000)
    await pause(2)
  }
  expect(await cache.lease.take('a', 'holder', 1000)).toBe(true)
  expect(await cache.lease.commit('a', 'holder', 'two', Date.now() + 1000)).toBe(true)
  expect(await cache.get('a')).toBe('two')
  await cache.lease.release('a', 'holder')
  await cache.remove('a')
  expect(await cache.nowMs()).toBeGreaterThan(0)
})

withRealRedis('TLS checks the certificate against the given one', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-tls-'))
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
  ])
  expect(made.status).toBe(0)
  const port = await freePort()
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert]
  const secure = await startRedis(['--tls-port', String(port), ...files, '--tls-auth-clients', 'no'])
  const ca = await readFile(cert)
  const cache = open({ url: `rediss://127.0.0.1:${port}`, tls: { ca } })
  let heard = 0
  cache.subscribe(() => (heard += 1))
  while (heard === 0) {
    await cache.set('a', 'one')
    await pause(2)
  }
  expect(await cache.get('a')).toBe('one')
  expect(await failureOf(open({ url: `rediss://127.0.0.1:${port}` }).get('a'))).toMatchObject({
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    retryable: false,
    hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
  })
  await secure.close()
  await rm(directory, { recursive: true })
})

describe('a client of the caller', () => {
  test('stays open when the cache is closed', async () => {
    const client = createClient({ url: redis.url, disableOfflineQueue: true })
    await client.connect()
    const cache = redisCache({ client })
    let heard = 0
    cache.subscribe(() => (heard += 1))
    while (heard === 0) {
      await cache.set('a', 'one')
      await pause(2)
    }
    expect(await cache.lease.take('a', 'holder', 1000)).toBe(true)
    expect(await cache.lease.commit('a', 'holder', 'two')).toBe(true)
    expect(await cache.get('a')).toBe('two')
    await cache.close()
    await expect(cache.get('a')).rejects.toMatchObject({ code: 'ERR_LINGPAI_CLOSED' })
    expect(client.isReady).toBe(true)
    expect(await client.get('lingpai:{a}')).toBe('two')
    client.destroy()
  })

  test('gets connected if it was not, and is then closed with the cache', async () => {
    const client = createClient({ url: redis.url, disableOfflineQueue: true })
    const cache = redisCache({ client })
    await cache.set('a', 'one')
    expect(await cache.get('a')).toBe('one')
    await cache.close()
    expect(client.isOpen).toBe(false)
  })

  withRealRedis('does not crash the process by an error event, and is used again once it is back', async () => {
    const client = createClient({ url: redis.url, disableOfflineQueue: true })
    await client.connect()
    const cache = open({ client })
    await cache.set('a', 'one')
    await redis.kill()
    await expect(cache.get('a')).rejects.toMatchObject({ name: 'RedisStoreError' })
    await redis.restart()
    const startedAt = performance.now()
    while ((await cache.set('a', 'two').catch((error: unknown) => error)) !== undefined) {
      expect(performance.now() - startedAt).toBeLessThan(10_000)
      await pause(20)
    }
    expect(await cache.get('a')).toBe('two')
    client.destroy()
  })
})

describe('the process', () => {
  const script = `
    import { redisCache } from '@lingpai/cache-redis'
    const cache = redisCache({ url: process.argv.at(-1) })
    cache.subscribe(() => undefined)
    const outcome = await cache.set('a', 'one').then(() => cache.get('a'), (error) => error.code)
    process.stdout.write(String(outcome))
  `
  /** Runs a script that never closes its cache. */
  async function run(url: string): Promise<{ readonly code: number | null; readonly printed: string }> {
    const flags = ['--conditions=@lingpai/source', '--import', 'tsx', '--input-type=module', '-e', script, '--', url]
    const child = spawn(process.execPath, flags, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] })
    let printed = ''
    child.stdout.on('data', (chunk: Buffer) => (printed += String(chunk)))
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
    return { code, printed }
  }

  test('exits with an open cache, after its calls have settled', async () => {
    expect(await run(redis.url)).toEqual({ code: 0, printed: 'one' })
  }, 20_000)

  test('exits while Redis is down', async () => {
    expect(await run(`redis://127.0.0.1:${await freePort()}`)).toEqual({ code: 0, printed: 'ECONNREFUSED' })
  }, 20_000)
})
