import { getEventListeners, once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import type { TokenSource } from '@lingpai/core'
import { testClock } from '@lingpai/testing'
import { QQBotSender, type QQBotMessageTarget } from '../src/sending/index.js'
import { rateWindows } from '../src/sending/rate-windows.js'
import { replyNumbers } from '../src/sending/reply-numbers.js'
import { caught, withSender } from './sending-world.js'

const group: QQBotMessageTarget = { kind: 'group', id: 'GROUP' }
const words = 'planted-words-of-a-person'
const inDoubt = { retryable: false, message: expect.stringContaining('may or may not have been delivered') as unknown }

/** A source with the given `fetch`. */
function sourceOf(fetch: TokenSource['fetch']): TokenSource {
  return { account: { provider: 'qq-bot' }, fetch } as unknown as TokenSource
}

test.each([
  ['a page of a proxy', { status: 200, body: '<html>hello' }, 'ERR_LINGPAI_MALFORMED_RESPONSE'],
  ['a truncated response', { truncate: 5 }, 'ERR_LINGPAI_MALFORMED_RESPONSE'],
  ['an oversized response', { status: 200, body: `{"id":"${'x'.repeat(70_000)}"}` }, 'ERR_LINGPAI_MALFORMED_RESPONSE'],
  ['a 502', { status: 502, body: '<html>bad gateway' }, 'ERR_LINGPAI_TRANSPORT'],
  ['a 504 with a code', { status: 504, body: { code: 850012, message: 'system busy' } }, 'ERR_LINGPAI_TRANSPORT'],
  ['a 500 with the code of a mute', { status: 500, body: { code: 40054002, message: 'x' } }, 'ERR_LINGPAI_TRANSPORT'],
  [
    'a 503 with the code of a rate limit',
    { status: 503, body: { code: 22009, message: 'x' } },
    'ERR_LINGPAI_TRANSPORT',
  ],
  ['a 408 of a proxy', { status: 408, body: '<html>timeout' }, 'ERR_LINGPAI_TRANSPORT'],
  ['a response that drips', { dripMs: 5000 }, 'ERR_LINGPAI_TRANSPORT'],
  ['a response that breaks off', { drop: 'midway' as const }, 'ERR_LINGPAI_TRANSPORT'],
])('a message is neither resolved nor sent again after %s', (_, fault, code) =>
  withSender(async ({ simulator, sender, clock, posts }) => {
    await clock.runUntil(sender.send(group, 'first'))
    simulator.fault({ platform: 'qq', endpoint: 'api', ...fault })
    const error = await clock.runUntil(caught(sender.send(group, words)))
    expect(error).toMatchObject({ ...inDoubt, code })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(words)
    expect(posts()).toHaveLength(2)
  }),
)

test('the error of a message that never left this host says so', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const sender = new QQBotSender({
    source: sourceOf((path, init) => fetch(`http://127.0.0.1:${port}${String(path)}`, init)),
  })
  expect(await caught(sender.send(group, words))).toMatchObject({
    code: 'ERR_LINGPAI_TRANSPORT',
    details: { phase: 'connect', systemCode: 'ECONNREFUSED' },
    retryable: true,
  })
})

test('a message is sent again later after a 429 without a code', () =>
  withSender(async ({ simulator, sender, clock, posts }) => {
    await clock.runUntil(sender.send(group, 'first'))
    simulator.fault({ platform: 'qq', endpoint: 'api', status: 429, body: '' })
    await clock.runUntil(sender.send(group, 'second'))
    expect(posts().map(({ code }) => code)).toEqual([0, 'fault', 0])
  }))

test.each([
  [413, 'Shorten the message'],
  [400, 'in front of the API'],
  [403, 'in front of the API'],
  [404, 'in front of the API'],
])('an HTTP %i with a page rejects with a final error and a hint', (status, hint) =>
  withSender(async ({ simulator, sender, clock, posts }) => {
    await clock.runUntil(sender.send(group, 'first'))
    simulator.fault({ platform: 'qq', endpoint: 'api', status, body: '<html><h1>no</h1></html>' })
    const error = await clock.runUntil(caught(sender.send(group, words)))
    expect(error).toMatchObject({
      code: 'ERR_LINGPAI_TRANSPORT',
      retryable: false,
      details: { phase: 'status', status },
      message: expect.not.stringContaining('may or may not') as unknown,
      hint: expect.stringContaining(hint) as unknown,
    })
    expect(posts()).toHaveLength(2)
  }),
)

test('a redirect of a message is not followed', () =>
  withSender(async ({ simulator, sender, clock, posts }) => {
    await clock.runUntil(sender.send(group, 'first'))
    simulator.fault({
      platform: 'qq',
      endpoint: 'api',
      status: 307,
      redirect: `${simulator.url}/qq/v2/groups/X/messages`,
    })
    const error = await clock.runUntil(caught(sender.send(group, words)))
    expect(error).toMatchObject({ code: 'ERR_LINGPAI_TRANSPORT', details: { status: 307 } })
    expect(posts()).toHaveLength(2)
  }))

test('a rate limit of the token endpoint rejects a message at once', () =>
  withSender(async ({ simulator, sender, clock, posts }) => {
    simulator.fault({
      platform: 'qq',
      endpoint: 'token',
      body: { code: 100001, message: 'Too many requests' },
      times: 9,
    })
    const startedAtMs = clock.monotonic()
    const error = await clock.runUntil(caught(sender.send(group, 'first')))
    expect(error).toMatchObject({ code: 'ERR_LINGPAI_PLATFORM', details: { endpoint: 'token' } })
    expect(clock.monotonic()).toBe(startedAtMs)
    expect(posts()).toEqual([])
  }))

test('a message rejects with the error of the platform if no refresh heals its token', () =>
  withSender(async ({ simulator, sender, clock, posts }) => {
    await clock.runUntil(sender.send(group, 'first'))
    const body = { code: 11244, err_code: 11244, message: 'token not exist or expire' }
    simulator.fault({ platform: 'qq', endpoint: 'api', status: 401, body, times: 9 })
    const error = await clock.runUntil(caught(sender.send(group, words)))
    expect(error).toMatchObject({ code: 'ERR_LINGPAI_PLATFORM', details: { platformCode: 11244 } })
    expect(posts().length).toBeLessThanOrEqual(3)
  }))

test('a fetch that ignores its signal blocks the queue no longer than the timeout', async () => {
  const clock = testClock()
  const paths: string[] = []
  const source = sourceOf((path) => {
    paths.push(String(path))
    return paths.length === 1 ? new Promise<never>(() => undefined) : Promise.resolve(Response.json({ id: '2' }))
  })
  const sender = new QQBotSender({ source, clock, timeoutMs: 700 })
  const first = caught(sender.send(group, 'first'))
  const second = sender.send(group, 'second')
  expect(await clock.runUntil(first)).toMatchObject({ ...inDoubt, details: { phase: 'timeout' } })
  expect(await clock.runUntil(second)).toMatchObject({ id: '2' })
  expect(clock.monotonic()).toBe(700)
  expect(clock.pendingTimers).toBe(0)
})

test('a queued message is sent as it was when send() was called', async () => {
  const bodies: unknown[] = []
  const source = sourceOf((_, init) => {
    bodies.push(JSON.parse(init?.body as string))
    return Promise.resolve(Response.json({ id: '1' }))
  })
  const sender = new QQBotSender({ source })
  const params = [{ key: 'name', values: ['before'] }]
  const sent = sender.send(group, { markdown: { custom_template_id: 'T', params } })
  params[0] = { key: 'name', values: ['after'] }
  await sent
  expect(bodies).toEqual([
    { msg_type: 2, markdown: { custom_template_id: 'T', params: [{ key: 'name', values: ['before'] }] } },
  ])
})

test('a signal that outlives its messages has one listener and retains no message', async () => {
  const { signal } = new AbortController()
  const sender = new QQBotSender({ source: sourceOf(() => Promise.resolve(Response.json({ id: '1' }))) })
  const sends = Array.from({ length: 50 }, (_, at) =>
    sender.sendGroupMessage('G', { content: 'x', msg_id: `${at}` }, { signal }),
  )
  // Node.js warns about more than ten.
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  await Promise.all(sends)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('a rate window allows as many messages as its limit until the first one expires', () => {
  let nowMs = 0
  const windows = rateWindows({ ...testClock(), monotonic: () => nowMs })
  const limits = [
    { key: 'bot', most: 3, withinMs: 1000 },
    { key: 'a', most: 2, withinMs: 5000 },
  ]
  const tries = [0, 400, 900, 4999, 5000, 5001].map((atMs) => {
    nowMs = atMs
    return windows.take(limits)
  })
  expect(tries).toEqual([0, 0, 4100, 1, 0, 399])
})

test('rate windows forget targets that no longer count, in any order of sending', () => {
  let nowMs = 0
  const windows = rateWindows({ ...testClock(), monotonic: () => nowMs })
  const take = (key: string): number => windows.take([{ key, most: 20, withinMs: 60_000 }])
  for (let at = 0; at < 1000; at += 1) take(`user:${at}`)
  nowMs = 59_000
  take('user:0')
  expect(windows.size).toBe(1000)
  nowMs = 60_000
  take('user:1000')
  expect(windows.size).toBe(2)
})

test('the limit of the whole bot applies across all of its targets', () =>
  withSender(async ({ sender, clock }) => {
    const startedAtMs = clock.monotonic()
    const sends = Array.from({ length: 21 }, async (_, at) => {
      await sender.sendC2CMessage(`U${at}`, 'hi')
      return clock.monotonic() - startedAtMs
    })
    const moments = (await clock.runUntil(Promise.all(sends))).sort((a, b) => a - b)
    expect([moments[0], moments[9], moments[10], moments[19], moments[20]]).toEqual([0, 0, 1000, 1000, 2000])
  }))

test('a reply whose numbers are all used rejects after the maximum number of replies', () =>
  withSender(async ({ simulator, sender, clock, posts }) => {
    const body = { code: 40054005, err_code: 40054005, message: 'x' }
    simulator.fault({ platform: 'qq', endpoint: 'api', status: 400, body, times: 50 })
    const error = await clock.runUntil(caught(sender.sendGroupMessage('G', { content: 'x', msg_id: 'M' })))
    expect(error).toMatchObject({ details: { platformCode: 40054005 } })
    expect(posts()).toHaveLength(5)
  }))

test('reply numbers are remembered for the given number of messages and forgotten later', () => {
  const numbers = replyNumbers(2)
  const ids = ['a', 'b', 'a', 'c', 'a', 'd', 'e', 'f', 'g', 'a']
  expect(ids.map((id) => numbers.next(id))).toEqual([1, 1, 2, 1, 3, 1, 1, 1, 1, 1])
})

test('a message that settles leaves the queue, whether it succeeded or failed', async () => {
  const answers = ['{"id":"1"}', 'not JSON', '{"id":"3"}', '{"id":"4"}']
  const sender = new QQBotSender({
    source: sourceOf(() => Promise.resolve(new Response(answers.shift()))),
    maxQueued: 1,
  })
  const codes: unknown[] = []
  for (const content of ['a', 'b', 'c', 'd']) codes.push(await caught(sender.send(group, content)))
  expect(codes).toMatchObject([{ id: '1' }, { details: { problem: 'not-json' } }, { id: '3' }, { id: '4' }])
})

test('a message accepted without a body is pending', async () => {
  const sender = new QQBotSender({ source: sourceOf(() => Promise.resolve(new Response(null, { status: 202 }))) })
  expect(await sender.send(group, 'a')).toEqual({ isPending: true })
})
