import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { TokenManager } from '@lingpai/core'
import { memoryCache } from '@lingpai/cache-memory'
import { errorOf, listen, reply, scriptedPlatform, stop, type ScriptedPlatform } from './scripted-platform.js'

let platform: ScriptedPlatform
beforeEach(async () => {
  platform = await scriptedPlatform()
})
afterEach(() => platform.close())

const timeout = { code: 'ERR_LINGPAI_TRANSPORT', details: { provider: 'toy', phase: 'timeout' }, retryable: true }

/** Runs callers against the current response: all at once, then one after another. */
async function failures(source = platform.source()): Promise<readonly unknown[]> {
  const calls = Array.from({ length: 50 }, () => errorOf(source.getAccessToken()))
  const errors = await platform.clock.runUntil(Promise.all(calls))
  for (let i = 0; i < 50; i += 1) errors.push(await errorOf(source.getAccessToken()))
  expect(new Set(errors).size).toBe(1)
  return errors
}

test('a server that never responds costs one request and ends at the timeout', async () => {
  const { clock } = platform
  const startMs = clock.now()
  platform.answer(() => undefined)
  const [error] = await failures()
  expect(error).toMatchObject(timeout)
  expect(clock.now() - startMs).toBe(10_000)
  expect(platform.requests()).toBe(1)
  platform.answer(undefined)
  await clock.advance(1000)
  expect(await platform.source().getAccessToken()).toBe('token-1')
})

test('a slow body ends at the timeout, which limits the whole response', async () => {
  const { clock } = platform
  const startMs = clock.now()
  platform.answer((_, response) => {
    const drip = (): void => {
      if (response.destroyed) return
      response.write(' ')
      clock.setTimer(drip, 500)
    }
    drip()
  })
  const manager = platform.manager({ timeoutMs: 3000 })
  const [error] = await failures(platform.source(manager))
  expect(error).toMatchObject(timeout)
  expect(clock.now() - startMs).toBe(3000)
  expect(platform.requests()).toBe(1)
})

test('the timeout limits the retries of a refresh, too', async () => {
  const { clock } = platform
  const startMs = clock.now()
  platform.answer((_, response) => {
    clock.setTimer(() => response.writeHead(503).end(), 2000)
  })
  const manager = platform.manager({ timeoutMs: 3000 })
  const error = await errorOf(clock.runUntil(platform.source(manager).getAccessToken()))
  expect(error).toMatchObject(timeout)
  expect(clock.now() - startMs).toBe(3000)
  expect(platform.requests()).toBe(2)
})

test('a fetch that ignores its signal is abandoned', async () => {
  const { clock } = platform
  let asked = 0
  const fetch = (): Promise<Response> => {
    asked += 1
    return new Promise(() => undefined)
  }
  const [error] = await failures(platform.source(platform.manager({ fetch })))
  expect(error).toMatchObject(timeout)
  expect(asked).toBe(1)
  expect(clock.pendingTimers).toBe(0)
})

test('a fetch that ignores its signal and fails late harms no caller', async () => {
  const { clock } = platform
  const fetch = (): Promise<Response> =>
    new Promise((_, reject) => {
      clock.setTimer(() => {
        reject(new Error('late'))
      }, 20_000)
    })
  const [error] = await failures(platform.source(platform.manager({ fetch })))
  expect(error).toMatchObject(timeout)
  await clock.advance(30_000)
})

const brokenFetches: readonly (readonly [name: string, fetch: () => unknown])[] = [
  ['throws a string', () => Promise.reject('broken')],
  ['throws nothing', () => Promise.reject(undefined)],
  [
    'throws at once',
    () => {
      throw new Error('broken')
    },
  ],
  ['throws what it was aborted with', () => Promise.reject(new DOMException('aborted', 'AbortError'))],
]

test.each(brokenFetches)('a fetch that %s is a transport error', async (_, broken) => {
  let asked = 0
  const fetch = (() => {
    asked += 1
    return broken()
  }) as typeof globalThis.fetch
  const [error] = await failures(platform.source(platform.manager({ fetch })))
  expect(error).toMatchObject({ code: 'ERR_LINGPAI_TRANSPORT', details: { provider: 'toy', phase: 'exchange' } })
  expect(asked).toBe(3)
})

test.each([
  ['a response that cannot be read', { status: 200, headers: new Headers(), body: {} }],
  ['nothing', undefined],
])('a fetch that returns %s is called once, with a hint that names the option', async (_, reply) => {
  let asked = 0
  const fetch = (() => {
    asked += 1
    return Promise.resolve(reply)
  }) as unknown as typeof globalThis.fetch
  const [error] = await failures(platform.source(platform.manager({ fetch })))
  expect(error).toMatchObject({
    code: 'ERR_LINGPAI_TRANSPORT',
    retryable: false,
    hint: expect.stringContaining('`fetch`') as string,
  })
  expect(asked).toBe(1)
})

test('a port without a listener is a connect error, and the source recovers once there is one', async () => {
  const { clock, provider } = platform
  const closed = createServer()
  const url = await listen(closed)
  const { port } = closed.address() as AddressInfo
  await stop(closed)
  await using manager = new TokenManager({ cache: memoryCache({ clock }), clock, random: () => 0 })
  const source = manager.source(provider.extend({ baseUrl: url }), { appId: 'a', appSecret: 'secret-a' })
  const [error] = await failures(source)
  expect(error).toMatchObject({
    code: 'ERR_LINGPAI_TRANSPORT',
    message: 'toy: could not be reached (ECONNREFUSED)',
    details: { provider: 'toy', phase: 'connect', systemCode: 'ECONNREFUSED' },
  })
  const server = await scriptedPlatform({ port })
  await clock.advance(1000)
  expect(await clock.runUntil(source.getAccessToken())).toBe('token-1')
  await server.close()
})

test.each([301, 302, 303, 307, 308])(
  'a redirect (%d) of the token request is an error and is never followed',
  async (status) => {
    const target = await scriptedPlatform()
    platform.answer(reply('', { status, headers: { location: `${target.url}/token?secret=1` } }))
    const [error] = await failures()
    expect(error).toMatchObject({
      code: 'ERR_LINGPAI_MALFORMED_RESPONSE',
      details: { provider: 'toy', problem: 'redirect', status },
      hint: expect.stringContaining('baseUrl') as string,
    })
    expect(platform.requests()).toBe(1)
    expect(target.seen).toHaveLength(0)
    await target.close()
  },
)

const httpDate = (atMs: number): string => new Date(atMs).toUTCString()
/** `Sun Nov 6 08:49:37 1994`, always in UTC. */
const asctime = (atMs: number): string =>
  httpDate(atMs).replace(/^(\w+), (\d+) (\w+) (\d+) (\S+) GMT$/, '$1 $3 $2 $5 $4')

test.each([
  ['429, in seconds', 429, () => '120', 120_000],
  ['429, shorter than its class', 429, () => '3', 3000],
  ['429, as a date sooner than its class', 429, () => httpDate(platform.clock.now() + 3000), 3000],
  ['429, as an asctime date', 429, () => asctime(platform.clock.now() + 300_000), 300_000],
  ['429, as a date', 429, () => httpDate(platform.clock.now() + 300_000), 300_000],
  ['503, in seconds', 503, () => '120', 120_000],
  ['503, as a date', 503, () => httpDate(platform.clock.now() + 300_000), 300_000],
  ['503, with a fraction', 503, () => '2.5', 2500],
  ['503, by the platform and a proxy: the longer one', 503, () => '3, 9', 9000],
  ['429, a year: held to a day', 429, () => String(365 * 86_400), 86_400_000],
  ['429, in the past: the minute of its class', 429, () => httpDate(platform.clock.now() - 1000), 60_000],
  ['429, nonsense: the minute of its class', 429, () => 'soon', 60_000],
  ['429, a number with a unit: the minute of its class', 429, () => '5 minutes', 60_000],
  ['429, zero: the minute of its class', 429, () => '0', 60_000],
  ['429, negative: the minute of its class', 429, () => '-5', 60_000],
])('Retry-After of a %s is observed by all callers', async (_, status, retryAfter, waitMs) => {
  const { clock } = platform
  platform.answer(reply('slow down', { status, headers: { 'retry-after': retryAfter() } }))
  const startMs = clock.now()
  const [error] = await failures()
  expect(error).toMatchObject({ retryable: true, retryAtMs: startMs + waitMs })
  expect(platform.requests()).toBe(1)
  platform.answer(undefined)
  await clock.advance(waitMs - 1)
  expect(await errorOf(platform.source().getAccessToken())).toBe(error)
  await clock.advance(1)
  expect(await platform.source().getAccessToken()).toBe('token-1')
})
