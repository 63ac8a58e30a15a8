import { EventEmitter } from 'node:events'
import { decodeEntry, encodeEntry, entryKey, keyvCache } from '@lingpai/cache-keyv'
import { Keyv } from 'keyv'

const key = 'lingpai:1:wechat-mp:app:https%3A%2F%2Fapi.weixin.qq.com:wx1:5d41'
const closed = expect.objectContaining({ code: 'ERR_LINGPAI_CLOSED' })
const down = () => Promise.reject(new Error('down'))

/** A Map with the events of a Keyv storage adapter. */
class EventMap extends EventEmitter {
  readonly rows = new Map<string, string>()
  readonly opts = {}
  readonly seen: unknown[][] = []
  async get(name: string): Promise<string | undefined> {
    return this.rows.get(name)
  }
  async set(...call: unknown[]): Promise<unknown> {
    this.seen.push(call)
    this.rows.set(String(call[0]), String(call[1]))
    return true
  }
  async delete(name: string): Promise<boolean> {
    return this.rows.delete(name)
  }
  async clear(): Promise<void> {
    this.rows.clear()
  }
}

test('keyvCache() has the members of the contract, the declared reach, and a lease only if given', () => {
  const lease = { take: () => true, commit: () => true, release: () => undefined }
  expect(Object.keys(keyvCache({ store: new Map(), reach: 'fleet' })).sort()).toEqual([
    'close',
    'get',
    'reach',
    'ready',
    'remove',
    'set',
  ])
  expect(keyvCache({ store: new Map(), reach: 'fleet' }).reach).toBe('fleet')
  expect(keyvCache({ store: new Map(), reach: 'fleet', lease }).lease).toBeDefined()
})

test.each([
  [{ reach: 'host' }, 'store', 'missing'],
  [{ store: {}, reach: 'host' }, 'store', 'malformed'],
  [{ store: 'redis://', reach: 'host' }, 'store', 'malformed'],
  [{ store: new Map() }, 'reach', 'missing'],
  [{ store: new Map(), reach: 'world' }, 'reach', 'malformed'],
])('the options %p are a ConfigError', (options, field, problem) => {
  expect(() => keyvCache(options as never)).toThrow(
    expect.objectContaining({ code: 'ERR_LINGPAI_CONFIG', details: { field, problem } }),
  )
})

test('keyvCache() makes a Keyv and its adapter throw on errors', async () => {
  const store = Object.assign(new EventMap(), { throwOnErrors: false, get: down, set: down, delete: down })
  const keyv = new Keyv({ store })
  const cache = keyvCache({ store: keyv, reach: 'fleet' })
  expect([keyv.throwOnErrors, store.throwOnErrors]).toEqual([true, true])
  await expect(cache.get(key)).rejects.toThrow('down')
  await expect(cache.set(key, 'one')).rejects.toThrow('down')
  await expect(cache.remove(key)).rejects.toThrow('down')
})

test('an error event of an adapter that returns nothing is a failure, and the process survives', async () => {
  const store = new EventMap()
  const swallow = async (): Promise<undefined> => {
    store.emit('error', new Error('down'))
    return undefined
  }
  const cache = keyvCache({ store, reach: 'fleet' })
  expect(await cache.get(key)).toBeUndefined()
  store.get = swallow
  await expect(cache.get(key)).rejects.toMatchObject({
    code: 'ERR_LINGPAI_CACHE',
    details: { operation: 'get', reach: 'fleet', problem: 'failed' },
  })
  store.delete = async () => {
    store.emit('error', new Error('down'))
    return false
  }
  store.get = async () => undefined
  await expect(cache.remove(key)).rejects.toMatchObject({ details: { operation: 'remove' } })
})

test('an error event between two calls neither crashes the process nor fails a call', async () => {
  const store = new EventMap()
  const cache = keyvCache({ store, reach: 'fleet' })
  keyvCache({ store, reach: 'fleet' })
  expect(store.listenerCount('error')).toBe(1)
  store.emit('error', new Error('lost the connection'))
  expect(await cache.get(key)).toBeUndefined()
  await cache.close?.()
  store.emit('error', new Error('lost the connection again'))
})

test('a write that returns false is a failure', async () => {
  const store = Object.assign(new EventMap(), { set: async () => false })
  const failed = { code: 'ERR_LINGPAI_CACHE', details: { operation: 'set' } }
  await expect(keyvCache({ store, reach: 'host' }).set(key, 'one')).rejects.toMatchObject(failed)
  await expect(keyvCache({ store: new Keyv({ store }), reach: 'host' }).set(key, 'one')).rejects.toMatchObject(failed)
})

test('a removal that returns false is a failure only if the entry is still there', async () => {
  const store = new EventMap()
  const cache = keyvCache({ store, reach: 'host' })
  await cache.set(key, 'one')
  store.delete = async () => false
  await expect(cache.remove(key)).rejects.toMatchObject({ details: { operation: 'remove' } })
  store.rows.clear()
  await cache.remove(key)
})

test('stores receive no time to live', async () => {
  const store = new EventMap()
  await keyvCache({ store, reach: 'host' }).set(key, 'one', 1)
  await keyvCache({ store: new Keyv({ store, ttl: 60_000 }), reach: 'host' }).set(key, 'two', 1)
  expect(store.seen[0]).toHaveLength(2)
  expect(store.seen[1]?.[2]).toBeUndefined()
  expect(JSON.parse(String(store.seen[1]?.[1]))).not.toHaveProperty('expires')
})

test('removing an entry that another process writes just after it was found missing does not fail', async () => {
  const rows = new Map<string, string>()
  let writes = 1
  const store = {
    get: async (name: string) => {
      if (writes-- > 0) rows.set(name, 'written by another process')
      return rows.get(name)
    },
    set: async (name: string, text: string) => rows.set(name, text),
    delete: async (name: string) => rows.delete(name),
  }
  await keyvCache({ store, reach: 'host' }).remove(key)
  expect(rows.size).toBe(0)
})

test('an entry is a miss from its expiry on, and no reader deletes it', async () => {
  let nowMs = 1000
  const store = new Map<string, string>()
  const cache = keyvCache({ store, reach: 'host', clock: { now: () => nowMs } })
  await cache.set(key, 'one', 2000)
  nowMs = 1999
  expect(await cache.get(key)).toBe('one')
  for (nowMs of [2000, 2001]) expect(await cache.get(key)).toBeUndefined()
  expect(store.size).toBe(1)
  nowMs = 1999
  expect(await cache.get(key)).toBe('one')
})

test('any change to what is stored is a miss, as is the entry of another key', async () => {
  const store = new Map<string, string>()
  const cache = keyvCache({ store, reach: 'host' })
  const whole = encodeEntry(key, { value: 'SECRET"令牌', expiresAtMs: 9_000_000_000_000 })
  for (let at = 0; at < whole.length; at++) {
    store.set(entryKey(key), `${whole.slice(0, at)}~${whole.slice(at + 1)}`)
    expect(await cache.get(key)).toBeUndefined()
    store.set(entryKey(key), whole.slice(0, at))
    expect(await cache.get(key)).toBeUndefined()
  }
  store.set(entryKey(key), encodeEntry('another', { value: 'one' }))
  expect(await cache.get(key)).toBeUndefined()
  store.set(entryKey(key), whole)
  expect(await cache.get(key)).toBe('SECRET"令牌')
  expect(decodeEntry('another', whole)).toBeUndefined()
})

test.each([[5], [{ value: 'x' }], [[]], [true]])('a row that holds %p is a miss', async (row) => {
  const cache = keyvCache({ store: new Map<string, unknown>([[entryKey(key), row]]), reach: 'host' })
  expect(await cache.get(key)).toBeUndefined()
  await cache.set(key, 'one')
  expect(await cache.get(key)).toBe('one')
})

test('a store that returns bytes is supported', async () => {
  const row = new TextEncoder().encode(encodeEntry(key, { value: '令牌' }))
  const cache = keyvCache({ store: new Map<string, unknown>([[entryKey(key), row]]), reach: 'host' })
  expect(await cache.get(key)).toBe('令牌')
})

test('a value that a Keyv cannot decode is a miss, and a SyntaxError of its store is a failure', async () => {
  const rows = new Map([[`keyv:${entryKey(key)}`, 'SECRET']])
  const damaged = keyvCache({ store: new Keyv({ store: rows }), reach: 'host' })
  expect(await damaged.get(key)).toBeUndefined()
  await damaged.remove(key)
  expect(rows.size).toBe(0)
  const store = Object.assign(new EventMap(), {
    get: async () => JSON.parse('<html>bad gateway</html>') as string,
  })
  const gone = keyvCache({ store: new Keyv({ store }), reach: 'host' })
  await expect(gone.get(key)).rejects.toMatchObject({ name: 'SyntaxError' })
})

test('the serializer of a Keyv is used: what it encrypts stays encrypted', async () => {
  const turn = (text: string): string => Buffer.from(text).reverse().toString('latin1')
  const rows = new Map<string, string>()
  const keyv = new Keyv({
    store: rows,
    serialize: (data) => turn(JSON.stringify(data)),
    deserialize: (text) => JSON.parse(turn(text)) as { value: never },
  })
  const cache = keyvCache({ store: keyv, reach: 'host' })
  await cache.set(key, 'SECRET')
  expect([...rows.values()].join()).not.toContain('SECRET')
  expect(await cache.get(key)).toBe('SECRET')
})

test('a serializer that cannot reach its keys is a failure, not a miss', async () => {
  const isDown = { value: false }
  const deserialize = async (text: string) => {
    if (isDown.value) throw new Error('the key server is down')
    return JSON.parse(text) as { value: never }
  }
  const cache = keyvCache({ store: new Keyv({ store: new Map(), deserialize }), reach: 'host' })
  await cache.set(key, 'one')
  isDown.value = true
  await expect(cache.get(key)).rejects.toThrow('the key server is down')
  isDown.value = false
  expect(await cache.get(key)).toBe('one')
})

test('keys in the store have 72 plain characters for any key', async () => {
  const rows = new Map<string, string>()
  const cache = keyvCache({ store: rows, reach: 'host' })
  for (const odd of ['keyv:a', 'a', 'A', '%', '_', '\0', '令牌', '\ud800', '\ud801', 'k'.repeat(100_000)]) {
    await cache.set(odd, odd)
    expect(await cache.get(odd)).toBe(odd)
  }
  // A broken surrogate has no bytes of its own: both keys share a row, and neither reads the other's value.
  expect(await cache.get('\ud800')).toBeUndefined()
  for (const name of rows.keys()) expect(name).toMatch(/^lingpai-[0-9a-f]{64}$/)
})

test('foreign rows are left unchanged', async () => {
  const rows = new Map([['keyv:foreign', 'row']])
  const cache = keyvCache({ store: new Keyv({ store: rows }), reach: 'host' })
  await cache.set(key, 'one')
  await cache.remove(key)
  expect([...rows]).toEqual([['keyv:foreign', 'row']])
})

test('a value that is not a text and an expiry that is not a number are rejected', async () => {
  const rows = new Map<string, string>()
  const cache = keyvCache({ store: rows, reach: 'host' })
  await expect(cache.set(key, 5 as never)).rejects.toMatchObject({ details: { field: 'value' } })
  for (const moment of [Number.NaN, -Infinity]) {
    await expect(cache.set(key, 'one', moment)).rejects.toMatchObject({ details: { field: 'expiresAtMs' } })
  }
  expect(rows.size).toBe(0)
  await cache.set(key, 'one', Infinity)
  expect(await cache.get(key)).toBe('one')
})

test('close() does not close the given store, and later calls reject', async () => {
  let disconnected = 0
  const store = Object.assign(new EventMap(), { disconnect: async () => (disconnected += 1) })
  const lease = { take: async () => true, commit: async () => true, release: async () => undefined }
  const cache = keyvCache({ store, reach: 'process', lease })
  await cache.set(key, 'one')
  expect(await cache.lease?.take(key, 'a', 1000)).toBe(true)
  await cache.close?.()
  await cache.close?.()
  await expect(cache.get(key)).rejects.toEqual(closed)
  await expect(cache.set(key, 'two')).rejects.toEqual(closed)
  await expect(cache.remove(key)).rejects.toEqual(closed)
  await expect(cache.lease?.take(key, 'a', 1000)).rejects.toEqual(closed)
  await expect(cache.lease?.commit(key, 'a', 'two')).rejects.toEqual(closed)
  await expect(cache.lease?.release(key, 'a')).rejects.toEqual(closed)
  await keyvCache({ store: new Keyv({ store }), reach: 'process' }).close?.()
  expect(disconnected).toBe(0)
  expect(await keyvCache({ store, reach: 'process' }).get(key)).toBe('one')
})

test('close() waits for running calls', async () => {
  const store = new EventMap()
  let finish = (): void => undefined
  store.set = async () => new Promise((resolve) => (finish = () => resolve(true)))
  const cache = keyvCache({ store, reach: 'host' })
  const ended: string[] = []
  const writing = Promise.resolve(cache.set(key, 'one')).then(() => ended.push('set'))
  const closing = Promise.resolve(cache.close?.()).then(() => ended.push('close'))
  await expect(cache.get(key)).rejects.toEqual(closed)
  expect(ended).toEqual([])
  finish()
  await Promise.all([writing, closing])
  expect(ended).toEqual(['set', 'close'])
})
