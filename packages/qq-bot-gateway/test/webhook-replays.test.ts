import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileCache } from '@lingpai/cache-file'
import { memoryCache } from '@lingpai/cache-memory'
import type { IAccessTokenCache } from '@lingpai/core'
import { qqBotWebhook, type QQBotWebhookOptions } from '../src/webhook/index.js'
import { recentEvents } from '../src/webhook/recent-events.js'
import { appId, clientSecret, clock, groupMessage, signed } from './webhook-requests.js'

const withoutId = (content: string): string => JSON.stringify({ op: 0, t: 'GUILD_UPDATE', d: { name: content } })

/** An instance, and the events that it received. */
function instance(options: Partial<QQBotWebhookOptions> = {}) {
  const seen: unknown[] = []
  const handle = qqBotWebhook({
    appId,
    clientSecret,
    clock,
    onDispatch: ({ data }) => void seen.push(data),
    ...options,
  })
  return { seen, handle }
}

async function withDirectory(use: (open: () => IAccessTokenCache) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-webhook-'))
  try {
    await use(() => fileCache({ directory, clock }))
  } finally {
    await rm(directory, { recursive: true })
  }
}

test('an event without an id is handed out once within the window, despite many others and other spellings', async () => {
  const { seen, handle } = instance({ rememberedEvents: 5 })
  const request = signed(withoutId('first'))
  const again = request.clone()
  const shouted = request.clone()
  shouted.headers.set('x-signature-ed25519', (request.headers.get('x-signature-ed25519') ?? '').toUpperCase())
  await handle(request)
  for (let at = 0; at < 26; at += 1) await handle(signed(withoutId(`other ${at}`)))
  await clock.advance(290_000)
  expect([(await handle(again)).status, (await handle(shouted)).status]).toEqual([200, 200])
  expect(seen).toHaveLength(27)
})

test('two events without an id that differ only in their timestamp are two events', async () => {
  const { seen, handle } = instance()
  await handle(signed(withoutId('same')))
  await clock.advance(1000)
  await handle(signed(withoutId('same')))
  expect(seen).toHaveLength(2)
})

test('an event is remembered for its window, and beyond it as one of the last, and forgotten later', () => {
  const startMs = clock.monotonic()
  let nowMs = startMs
  const recent = recentEvents({ ...clock, monotonic: () => nowMs }, 1000, 2)
  for (const name of ['a', 'b', 'c']) recent.add([name])
  expect(['a', 'b', 'c'].map((name) => recent.has([name]))).toEqual([true, true, true])
  nowMs += 1000
  recent.add(['d'])
  expect(['a', 'b', 'c', 'd'].map((name) => recent.has([name]))).toEqual([false, false, true, true])
})

test.each([
  ['with an id', groupMessage('M1', 'E1')],
  ['without an id', withoutId('first')],
])('an event %s is handed to one of the instances that share a cache, and to none after a restart', (_, body) =>
  withDirectory(async (open) => {
    const [one, other] = [instance({ cache: open() }), instance({ cache: open() })]
    const request = signed(body)
    const copies = [request.clone(), request.clone(), request.clone()] as const
    expect((await one.handle(request)).status).toBe(200)
    expect((await other.handle(copies[0])).status).toBe(200)
    const restarted = instance({ cache: open() })
    expect((await restarted.handle(copies[1])).status).toBe(200)
    expect([one.seen.length, other.seen.length, restarted.seen.length]).toEqual([1, 0, 0])
  }),
)

test('an event that reaches two instances at the same time is handed to one of them', () =>
  withDirectory(async (open) => {
    const [one, other] = [instance({ cache: open() }), instance({ cache: open() })]
    const bodies = Array.from({ length: 12 }, (_, at) => groupMessage(`M${at}`, `E${at}`))
    const responses = bodies.flatMap((body) => [one.handle(signed(body)), other.handle(signed(body))])
    await clock.runUntil(Promise.all(responses))
    expect([...one.seen, ...other.seen]).toHaveLength(12)
    expect(new Set([...one.seen, ...other.seen].map((data) => (data as { id: string }).id)).size).toBe(12)
  }))

test('a message that reaches two instances as two types of event is handed out once', () =>
  withDirectory(async (open) => {
    const [one, other] = [instance({ cache: open() }), instance({ cache: open() })]
    await one.handle(signed(groupMessage('M1', 'E1')))
    const all = groupMessage('M1', 'E2').replace('GROUP_AT_MESSAGE_CREATE', 'GROUP_MESSAGE_CREATE')
    await other.handle(signed(all))
    expect([one.seen.length, other.seen.length]).toEqual([1, 0])
  }))

test('a cache without a lease is shared too, and bots in one cache do not mix', async () => {
  const cache = memoryCache({ clock })
  const [one, other] = [instance({ cache }), instance({ cache })]
  const stranger = instance({ cache, appId: '22222222' })
  await one.handle(signed(groupMessage('M1', 'E1')))
  await other.handle(signed(groupMessage('M1', 'E1')))
  await stranger.handle(signed(groupMessage('M1', 'E1'), { bot: '22222222' }))
  expect([one.seen.length, other.seen.length, stranger.seen.length]).toEqual([1, 0, 1])
})

test('a malformed cache entry is ignored and replaced', async () => {
  const stored = new Map<string, string>()
  const cache: IAccessTokenCache = {
    get: (key) => stored.get(key) ?? '[1,["x"],["y","z"],{}]',
    set: (key, value) => stored.set(key, value),
    remove: (key) => stored.delete(key),
  }
  const [one, other] = [instance({ cache }), instance({ cache })]
  await one.handle(signed(groupMessage('M1', 'E1')))
  await other.handle(signed(groupMessage('M1', 'E1')))
  expect([one.seen.length, other.seen.length]).toEqual([1, 0])
})

test('the number of cache entries stays bounded over a busy day', async () => {
  const keys = new Set<string>()
  const stored = new Map<string, string>()
  const cache: IAccessTokenCache = {
    get: (key) => stored.get(key),
    set: (key, value) => {
      keys.add(key)
      stored.set(key, value)
    },
    remove: (key) => stored.delete(key),
  }
  const { seen, handle } = instance({ cache })
  for (let at = 0; at < 1000; at += 1) await handle(signed(groupMessage(`M${at}`, `E${at}`)))
  await clock.advance(700_000)
  for (let at = 1000; at < 1400; at += 1) await handle(signed(groupMessage(`M${at}`, `E${at}`)))
  expect(seen).toHaveLength(1400)
  expect(keys.size).toBeLessThanOrEqual(64)
  const lists = [...stored.values()].map((text) => (JSON.parse(text) as unknown[]).length)
  expect(lists.reduce((sum, length) => sum + length, 0)).toBe(400)
})

test('a cache that fails loses no event and is logged once, not for every event', async () => {
  const lines: string[] = []
  const note = (text: string): void => void lines.push(text)
  const broken = (): never => {
    throw new TypeError('PLANTED-SECRET of a connection string')
  }
  const lease = { take: broken, commit: broken, release: broken }
  const { seen, handle } = instance({
    cache: { get: broken, set: broken, remove: broken, lease },
    logger: { debug: note, info: note, warn: note, error: note },
  })
  for (const at of [1, 2, 2, 3]) expect((await handle(signed(groupMessage(`M${at}`, `E${at}`)))).status).toBe(200)
  expect(seen).toHaveLength(3)
  expect(lines).toEqual(['lingpai: qq webhook: the cache failed; events are remembered by this process only'])
})
