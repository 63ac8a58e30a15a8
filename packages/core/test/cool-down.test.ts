import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { TokenManager, type IAccessTokenCache, type TokenSource } from '@lingpai/core'
import { fileCache } from '@lingpai/cache-file'
import { decodeFailure, encodeFailure } from '../src/failure/failure-record.js'
import { errorOf, reply, scriptedPlatform, toyAccount, type ScriptedPlatform } from './scripted-platform.js'

const second = 1000
const minute = 60 * second

let platform: ScriptedPlatform
let directory: string
beforeEach(async () => {
  platform = await scriptedPlatform()
  directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
})
afterEach(async () => {
  await platform.close()
  await rm(directory, { recursive: true, force: true })
})

/** A source of a separate manager on a new instance of the file cache, as another process has. */
function elsewhere(credentials = toyAccount): TokenSource {
  const { clock } = platform
  return platform.source(platform.manager({ cache: fileCache({ directory, clock }) }), credentials)
}

const fail = (source: TokenSource): Promise<unknown> => errorOf(platform.clock.runUntil(source.getAccessToken()))
const refusal = (errcode: number, errmsg = 'no'): ReturnType<typeof reply> => reply({ errcode, errmsg })

describe('a cool-down that processes share through the cache', () => {
  test.each([
    ['a platform error', refusal(40001, 'wrong secret'), 10 * minute],
    ['a denied address', refusal(40164, 'invalid ip 203.0.113.7, not in whitelist rid: 68ae-1'), 5 * minute],
    ['a limit', refusal(45011), 90 * second],
    ['a malformed response', reply('<html>'), second],
    ['a server error', reply('', { status: 500 }), second],
  ])('%s fails others fast, with the same typed error and no request', async (_, answer, coolMs) => {
    platform.answer(answer)
    const first = await fail(elsewhere())
    const requests = platform.requests()
    for (let i = 0; i < 20; i += 1) {
      const other = await fail(elsewhere())
      expect(other).not.toBe(first)
      const { platformMessage: _, ...details } = (first as { readonly details: Readonly<Record<string, unknown>> })
        .details
      // The platform's message stays with the process that received it.
      expect(other).toMatchObject({ ...(first as object), details })
    }
    expect(platform.requests()).toBe(requests)

    platform.answer(undefined)
    const { clock } = platform
    await clock.advance(coolMs - 1)
    await fail(elsewhere())
    expect(platform.requests()).toBe(requests)
    await clock.advance(1)
    expect(await clock.runUntil(elsewhere().getAccessToken())).toBe('token-1')
    expect(platform.requests()).toBe(requests + 1)
  })

  test('failures in a row are counted across processes', async () => {
    const { clock } = platform
    platform.answer(reply('', { status: 500 }))
    for (const [i, waitMs] of [1, 2, 4, 8].entries()) {
      const startMs = clock.now()
      const error = await fail(elsewhere())
      expect(error).toMatchObject({ retryAtMs: clock.now() + waitMs * second })
      expect(elsewhere().status()).toMatchObject({ state: 'none' })
      expect(platform.requests()).toBe(3 * (i + 1))
      await clock.advance(waitMs * second)
      expect(clock.now()).toBeGreaterThan(startMs)
    }
  })

  test('stays as long when a forced refresh fails for another reason', async () => {
    const { clock } = platform
    platform.answer(refusal(40001, 'wrong secret'))
    const source = elsewhere()
    await fail(source)
    platform.answer(reply('', { status: 500 }))
    const retryAtMs = clock.now() + 10 * minute
    expect(await errorOf(clock.runUntil(source.refresh()))).toMatchObject({ code: 'ERR_LINGPAI_TRANSPORT', retryAtMs })
    const requests = platform.requests()
    await clock.advance(9 * minute)
    for (const one of [source, elsewhere()]) expect(await fail(one)).toMatchObject({ code: 'ERR_LINGPAI_PLATFORM' })
    expect(platform.requests()).toBe(requests)
  })

  test('stays in force beside a limit that a forced refresh meets', async () => {
    const { clock } = platform
    const source = elsewhere()
    platform.answer(refusal(40164, 'invalid ip 203.0.113.7, not in whitelist rid: 68ae-1'))
    await fail(source)
    platform.answer(refusal(45011))
    for (let i = 0; i < 5; i += 1) await errorOf(clock.runUntil(source.refresh()))
    expect(platform.requests()).toBe(2)
  })

  test('does not apply to another secret', async () => {
    platform.answer(refusal(40001))
    const wrong = elsewhere({ ...toyAccount, appSecret: 'wrong-secret' })
    expect(await fail(wrong)).toMatchObject({ details: { errorClass: 'credential-invalid' } })
    platform.answer(undefined)
    expect(await platform.clock.runUntil(elsewhere().getAccessToken())).toBe('token-1')
    expect(await fail(wrong)).toMatchObject({ details: { errorClass: 'credential-invalid' } })
    expect(platform.requests()).toBe(2)
  })

  test('ends for all processes after a success', async () => {
    const { clock } = platform
    platform.answer(refusal(40001))
    const [one, two] = [elsewhere(), elsewhere()]
    await fail(one)
    expect(await fail(two)).toBeDefined()
    expect(two.status()).toMatchObject({ state: 'failing', lastFailure: { failures: 1, platformCode: 40001 } })
    platform.answer(undefined)
    await clock.runUntil(one.refresh())
    expect(one.status()).toMatchObject({ state: 'valid' })
    expect(one.status().lastFailure).toBeUndefined()
    expect(await clock.runUntil(two.getAccessToken())).toBe('token-1')
    expect(two.status().lastFailure).toBeUndefined()
    platform.answer(reply('', { status: 500 }))
    expect(await errorOf(clock.runUntil(elsewhere().refresh()))).toMatchObject({ retryAtMs: clock.now() + second })
  })
})

describe('a forced refresh during a cool-down', () => {
  test.each([
    ['credential-invalid', 40001],
    ['ip-denied', 40164],
    ['permission', 50004],
    ['unknown', 31337],
  ])('passes through the cool-down of %s', async (_, code) => {
    platform.answer(refusal(code))
    const source = platform.source()
    await fail(source)
    await fail(source)
    expect(platform.requests()).toBe(1)
    platform.answer(undefined)
    expect(await platform.clock.runUntil(source.refresh())).toMatchObject({ value: 'token-1', generation: 1 })
    expect(platform.requests()).toBe(2)
  })

  test.each([
    ['rate-limited', 45011],
    ['quota-exhausted', 45009],
  ])('does not pass through %s', async (_, code) => {
    platform.answer(refusal(code))
    const source = platform.source()
    const error = await fail(source)
    platform.answer(undefined)
    expect(await errorOf(platform.clock.runUntil(source.refresh()))).toBe(error)
    expect(platform.requests()).toBe(1)
  })
})

test('1,000 consecutive callers in an hour of outage make a few requests', async () => {
  const { clock } = platform
  platform.answer(reply('', { status: 503 }))
  const source = platform.source()
  for (let i = 0; i < 1000; i += 1) {
    expect(await fail(source)).toMatchObject({ code: 'ERR_LINGPAI_TRANSPORT' })
    await clock.advance(3600)
  }
  // 1, 2, 4 … 60 seconds apart, three requests each.
  expect(platform.requests()).toBeLessThan(3 * 70)
  platform.answer(undefined)
  await clock.advance(minute)
  expect(await source.getAccessToken()).toBe('token-1')
})

test('1,000 consecutive callers at one moment make the requests of one', async () => {
  platform.answer(reply('', { status: 503 }))
  const source = platform.source()
  const first = await fail(source)
  const requests = platform.requests()
  for (let i = 0; i < 1000; i += 1) expect(await fail(source)).toBe(first)
  expect(platform.requests()).toBe(requests)
})

describe('a failed refresh ahead of a live token', () => {
  test('waits for most of the remaining time after a transient failure, but not past the deadline', async () => {
    const { clock } = platform
    const source = platform.source()
    const { expiresAtMs } = await source.getRecord()
    await clock.advance(7200 * second - 500 * second)
    platform.answer(reply('', { status: 503 }))
    await source.getAccessToken()
    await clock.settle()
    const { lastFailure } = source.status()
    const leftMs = expiresAtMs - 10 * second - clock.now()
    expect(lastFailure).toMatchObject({ failures: 1, retryAtMs: clock.now() + leftMs * 0.75 })
    for (let i = 0; i < 100; i += 1) {
      expect(await source.getAccessToken()).toBe('token-1')
      await clock.advance(3 * second)
    }
    expect(platform.requests()).toBe(2)
  })

  test('keeps the cool-down of a platform error, and the Retry-After of the platform', async () => {
    const { clock } = platform
    const source = platform.source()
    await source.getAccessToken()
    await clock.advance(7200 * second - 500 * second)
    platform.answer(reply('', { status: 503, headers: { 'retry-after': '30' } }))
    await source.getAccessToken()
    await clock.settle()
    expect(source.status().lastFailure).toMatchObject({ retryAtMs: clock.now() + 30 * second })
    platform.answer(refusal(40001))
    await clock.advance(30 * second)
    await source.getAccessToken()
    await clock.settle()
    expect(source.status().lastFailure).toMatchObject({ failures: 2, retryAtMs: clock.now() + 10 * minute })
  })
})

test('a failure stays in memory while the cache is down', async () => {
  const down = (): Promise<never> => Promise.reject(new Error('down'))
  const source = platform.source(platform.manager({ cache: { get: down, set: down, remove: down } }))
  platform.answer(refusal(40001))
  const error = await fail(source)
  for (let i = 0; i < 20; i += 1) expect(await fail(source)).toBe(error)
  expect(platform.requests()).toBe(1)
  platform.answer(undefined)
  await platform.clock.advance(10 * minute)
  expect(await platform.clock.runUntil(source.getAccessToken())).toBe('token-1')
})

test('a failure of the day before does not count as one in a row', async () => {
  const { clock } = platform
  platform.answer(refusal(50004))
  await fail(elsewhere())
  await clock.advance(24 * 60 * minute)
  platform.answer(reply('', { status: 500 }))
  expect(await fail(elsewhere())).toMatchObject({ retryAtMs: clock.now() + second })
})

describe('a cool-down under clocks that differ', () => {
  /** A failure in the cache, written by a process whose clock is `skewMs` ahead. */
  async function skewed(skewMs: number): Promise<TokenSource> {
    const { clock, provider } = platform
    platform.answer(refusal(45011))
    const entries = new Map<string, string>()
    const cache: IAccessTokenCache = {
      get: (key) => entries.get(key),
      set: (key, value) => entries.set(key, value),
      remove: (key) => entries.delete(key),
    }
    const ahead = { ...clock, now: () => clock.now() + skewMs, pendingTimers: 0 }
    await using writer = new TokenManager({ cache, clock: ahead, random: () => 0 })
    expect(await fail(writer.source(provider, toyAccount))).toBeDefined()
    platform.answer(undefined)
    const reader = platform.manager({ cache: { ...cache } })
    return reader.source(provider, toyAccount)
  }

  test.each([30 * second, 89 * second, 10 * minute, 24 * 60 * minute])(
    'neither ends nor gets longer if the writer’s clock is %d ms ahead',
    async (skewMs) => {
      const { clock } = platform
      const source = await skewed(skewMs)
      expect(await fail(source)).toMatchObject({ retryAtMs: clock.now() + 90 * second })
      await clock.advance(90 * second - 1)
      expect(await fail(source)).toBeDefined()
      expect(platform.requests()).toBe(1)
      await clock.advance(1)
      expect(await source.getAccessToken()).toBe('token-1')
    },
  )

  test('gets shorter by as much as the writer’s clock is behind', async () => {
    const source = await skewed(-60 * second)
    expect(await fail(source)).toBeDefined()
    await platform.clock.advance(30 * second)
    expect(await source.getAccessToken()).toBe('token-1')
  })

  test('does not get longer when a clock is set back', async () => {
    const { clock } = platform
    platform.answer(refusal(45011))
    const source = platform.source()
    await fail(source)
    platform.answer(undefined)
    clock.jumpWall(-3 * 60 * minute)
    expect(await clock.runUntil(source.getAccessToken())).toBe('token-1')
  })
})

describe('a stored failure', () => {
  const wording = { spec: { id: 'toy' }, language: 'en' } as const

  const stored = (change: object): string => {
    const error = { code: 'ERR_LINGPAI_TRANSPORT', message: 'm', retryable: true, details: { phase: 'status' } }
    return JSON.stringify({ error, errorClass: 'transient', failures: 1, atMs: 1000, retryAtMs: 2000, ...change })
  }

  test.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['an array', '[]'],
    ['no error', stored({ error: undefined })],
    ['an error without details', stored({ error: { code: 'ERR_LINGPAI_PLATFORM', message: 'm' } })],
    ['another error', stored({ error: { code: 'ERR_LINGPAI_CONFIG', message: 'm', details: {} } })],
    ['an unknown class', stored({ errorClass: 'constructor' })],
    ['no moment', stored({ atMs: null })],
    ['a moment that is text', stored({ retryAtMs: '2000' })],
    ['an end before its beginning', stored({ retryAtMs: 999 })],
    ['failures that are not a count', stored({ failures: -1 })],
  ])('with %s instead is malformed', (_, text) => {
    expect(decodeFailure(text, wording)).toBeUndefined()
  })

  test('keeps everything but its cause when it is written and read back', () => {
    const failure = decodeFailure(stored({ later: 'field' }), wording)
    expect(failure).toMatchObject({ error: { name: 'TransportError', retryAtMs: 2000, retryable: true } })
    expect(failure && decodeFailure(encodeFailure(failure), wording)).toEqual(failure)
    expect(failure && JSON.parse(encodeFailure(failure))).toMatchObject({ later: 'field' })
  })

  test('contains no sentence of the store: its texts are rebuilt from its code', () => {
    const planted = 'call +86 000 at once'
    for (const [code, details] of [
      [
        'ERR_LINGPAI_PLATFORM',
        {
          platformCode: 45009,
          platformMessage: planted,
          traceId: planted,
          ip: planted,
          errorClass: planted,
          provider: planted,
        },
      ],
      ['ERR_LINGPAI_PLATFORM', { platformCode: planted, status: planted, endpoint: planted }],
      ['ERR_LINGPAI_TRANSPORT', { phase: 'connect', systemCode: planted, provider: planted }],
      ['ERR_LINGPAI_MALFORMED_RESPONSE', { problem: 'not-json', status: 200, bytes: planted, provider: planted }],
    ] as const) {
      const error = { code, message: planted, hint: planted, retryable: true, details }
      const failure = decodeFailure(stored({ error, errorClass: 'rate-limited' }), wording)
      expect(failure?.error.code).toBe(code)
      expect(inspect(failure?.error, { depth: 9 }) + JSON.stringify(failure?.error)).not.toContain(planted)
    }
  })

  test.each([
    ['credential-invalid', 12 * minute],
    ['ip-denied', 12 * minute],
    ['rate-limited', 24 * 60 * minute * 1.2],
    ['transient', 24 * 60 * minute * 1.2],
  ] as const)(
    'with a cool-down of a year and the class %s is reduced to the longest of the policy',
    (errorClass, longestMs) => {
      const failure = decodeFailure(stored({ errorClass, retryAtMs: 365 * 24 * 60 * minute }), wording)
      expect(failure?.retryAtMs).toBeLessThanOrEqual(1000 + longestMs)
      expect(failure?.error).toMatchObject({ retryAtMs: failure?.retryAtMs })
    },
  )

  test('does not stop a forced refresh if it is a limit that upstream itself has not reported to this process', async () => {
    const { cache, texts } = damageable()
    const { clock } = platform
    const source = platform.source(platform.manager({ cache }))
    const details = { platformCode: 45009, platformMessage: '', errorClass: 'quota-exhausted' }
    const error = { code: 'ERR_LINGPAI_PLATFORM', message: 'm', retryable: true, details }
    const until = clock.now() + 7 * 24 * 60 * minute
    texts.failure = stored({ error, errorClass: 'quota-exhausted', atMs: clock.now() - 1, retryAtMs: until })
    expect(await fail(source)).toMatchObject({ details: { errorClass: 'quota-exhausted' } })
    expect(await source.refresh()).toMatchObject({ value: 'token-1' })
  })

  test('costs one request and no error if it is damaged', async () => {
    const { cache, texts } = damageable()
    const source = platform.source(platform.manager({ cache }))
    texts.failure = '{"error":{}}'
    expect(await source.getAccessToken()).toBe('token-1')
    expect(platform.requests()).toBe(1)
  })

  function damageable(): { readonly cache: IAccessTokenCache; readonly texts: { failure?: string } } {
    const texts: { failure?: string } = {}
    const entries = new Map<string, string>()
    return {
      texts,
      cache: {
        get: (key) => (key.endsWith(':failure') ? texts.failure : entries.get(key)),
        set: (key, value) => entries.set(key, value),
        remove: (key) => entries.delete(key),
      },
    }
  }
})
