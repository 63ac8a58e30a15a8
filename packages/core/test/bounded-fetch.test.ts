import { gzipSync } from 'node:zlib'
import type { Clock } from '@lingpai/core'
import { boundedFetch } from '../src/http/bounded-fetch.js'
import { reply, scriptedPlatform, type ScriptedPlatform } from './scripted-platform.js'

let platform: ScriptedPlatform
beforeEach(async () => {
  platform = await scriptedPlatform()
})
afterEach(() => platform.close())

const hourMs = 3_600_000
const never = new AbortController().signal

function ask(
  fetch: typeof globalThis.fetch = globalThis.fetch,
  signal: AbortSignal = never,
): ReturnType<typeof boundedFetch> {
  const request = { url: `${platform.url}/token`, init: { method: 'GET' } }
  return boundedFetch(fetch, platform.clock, request, { signal, timeoutMs: 1000 })
}

const failing = (error: unknown) => (): Promise<Response> => Promise.reject(error)

test('a response is read to its end, and no timer is left', async () => {
  platform.answer(reply('{"a":"密钥"}', { status: 201, headers: { 'x-trace': 't' } }))
  const raw = await ask()
  expect(raw).toMatchObject({ status: 201, text: '{"a":"密钥"}', bytes: 14 })
  expect('headers' in raw && raw.headers.get('x-trace')).toBe('t')
  expect(platform.clock.pendingTimers).toBe(0)
})

test('a response of 64 KiB is read, and one that is a byte longer is too large', async () => {
  platform.answer(reply('x'.repeat(65_536)))
  expect(await ask()).toMatchObject({ status: 200, bytes: 65_536 })
  platform.answer(reply('x'.repeat(65_537)))
  expect(await ask()).toMatchObject({ kind: 'too-large', status: 200 })
})

test('a small response that unpacks to a large one is cut off', async () => {
  const packed = gzipSync(Buffer.alloc(50_000_000))
  expect(packed.length).toBeLessThan(65_536)
  platform.answer(reply(packed, { headers: { 'content-encoding': 'gzip' } }))
  const cut = await ask()
  expect(cut).toMatchObject({ kind: 'too-large' })
  expect('bytes' in cut && cut.bytes).toBeLessThan(1_000_000)
})

test('a character that the network split in two is put together again', async () => {
  platform.answer((_, response) => {
    const bytes = Buffer.from('"密"')
    response.write(bytes.subarray(0, 2))
    platform.clock.setTimer(() => response.end(bytes.subarray(2)), 10)
  })
  expect(await platform.clock.runUntil(ask())).toMatchObject({ text: '"密"' })
})

test('a response that waits in the socket when a stopped process resumes is read, although its timeout has passed', async () => {
  const { clock } = platform
  let isStopped = true
  const stopped: Clock = {
    ...clock,
    monotonic: () => clock.monotonic() + (isStopped ? 0 : hourMs),
    // Timers fire first after a stop.
    setTimer: (callback, delayMs, options) => clock.setTimer(callback, delayMs === 1000 ? 1 : delayMs, options),
  }
  platform.answer((_, response) => {
    isStopped = false
    clock.setTimer(() => response.end('token'), 100)
  })
  const request = { url: `${platform.url}/token`, init: {} }
  const asked = boundedFetch(globalThis.fetch, stopped, request, { signal: never, timeoutMs: 1000 })
  expect(await clock.runUntil(asked)).toMatchObject({ text: 'token' })
  platform.answer(() => undefined)
  isStopped = true
  const unanswered = boundedFetch(globalThis.fetch, stopped, request, { signal: never, timeoutMs: 1000 })
  await clock.settle()
  isStopped = false
  expect(await clock.runUntil(unanswered)).toEqual({ kind: 'timeout' })
  expect(clock.pendingTimers).toBe(0)
})

test('a timeout is reported as such, and closes the connection', async () => {
  let isCut = false
  platform.answer((_, response) => response.on('close', () => (isCut = true)))
  const startMs = platform.clock.now()
  expect(await platform.clock.runUntil(ask())).toEqual({ kind: 'timeout' })
  expect(platform.clock.now() - startMs).toBe(1000)
  await platform.clock.settle()
  expect(isCut).toBe(true)
})

test('a request rejects with the reason of its signal, before and while it is sent', async () => {
  const reason = new Error('closing')
  await expect(ask(globalThis.fetch, AbortSignal.abort(reason))).rejects.toBe(reason)
  expect(platform.requests()).toBe(0)
  for (const fetch of [globalThis.fetch, () => new Promise<Response>(() => undefined)]) {
    platform.answer(() => undefined)
    const closing = new AbortController()
    const outcome = ask(fetch, closing.signal).catch((error: unknown) => error)
    await platform.clock.settle()
    closing.abort(reason)
    expect(await outcome).toBe(reason)
    expect(platform.clock.pendingTimers).toBe(0)
  }
})

test('a redirect is returned unread', async () => {
  platform.answer(reply('x'.repeat(100_000), { status: 302, headers: { location: 'https://elsewhere.example' } }))
  expect(await ask()).toMatchObject({ status: 302, text: '', bytes: 0 })
})

const whileConnecting = { syscall: 'connect' }
const coded = (code: unknown, rest: object = {}): Error => Object.assign(new Error('failed'), { code, ...rest })

test.each([
  ['a refused connection', coded('ECONNREFUSED'), 'connect', 'ECONNREFUSED'],
  ['a name without an address', coded('ENOTFOUND'), 'connect', 'ENOTFOUND'],
  ['a connect that took too long', coded('UND_ERR_CONNECT_TIMEOUT'), 'connect', 'UND_ERR_CONNECT_TIMEOUT'],
  ['a certificate for another host', coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'connect', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['a code wrapped by fetch', new TypeError('fetch failed', { cause: coded('EAI_AGAIN') }), 'connect', 'EAI_AGAIN'],
  [
    'a bundle of two addresses',
    new TypeError('fetch failed', { cause: new AggregateError([coded('ENETUNREACH'), coded('ECONNREFUSED')]) }),
    'connect',
    'ENETUNREACH',
  ],
  ['a connect that the system timed out', coded('ETIMEDOUT', whileConnecting), 'connect', 'ETIMEDOUT'],
  ['a connect that a firewall of this host denied', coded('EACCES', whileConnecting), 'connect', 'EACCES'],
  [
    'a bundle of addresses that timed out',
    new TypeError('fetch failed', {
      cause: Object.assign(
        new AggregateError([coded('ETIMEDOUT', whileConnecting), coded('ENETUNREACH', whileConnecting)]),
        {
          code: 'ETIMEDOUT',
        },
      ),
    }),
    'connect',
    'ETIMEDOUT',
  ],
  ['a reset while reading', coded('ECONNRESET', { syscall: 'read' }), 'exchange', 'ECONNRESET'],
  ['a reset', coded('ECONNRESET'), 'exchange', 'ECONNRESET'],
  ['a timeout of the system', coded('ETIMEDOUT'), 'exchange', 'ETIMEDOUT'],
  ['text instead of a code', coded('GET https://a.example?secret=1'), 'exchange', undefined],
  ['a code that is a number', coded(7), 'exchange', undefined],
  ['an error without a code', new Error('odd'), 'exchange', undefined],
  ['a thrown text', 'broken', 'exchange', undefined],
])('%s has its kind and the code of the system', async (_, error, kind, systemCode) => {
  expect(await ask(failing(error))).toMatchObject({
    kind,
    cause: error,
    ...(systemCode !== undefined && { systemCode }),
  })
})

test('a network error that is its own cause has no system code', async () => {
  const loop: Error & { cause?: unknown } = new Error('loop')
  loop.cause = loop
  expect(await ask(failing(loop))).toEqual({ kind: 'exchange', cause: loop })
})
