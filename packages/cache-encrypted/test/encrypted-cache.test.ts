import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { encryptedCache, generateKey, type EncryptionKey } from '@lingpai/cache-encrypted'
import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager, type CacheChange, type IAccessTokenCache, type LingpaiEvents } from '@lingpai/core'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { chaosCache } from '@lingpai/testing'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'

const entry = 'lingpai:1:wechat-mp:app:api.weixin.qq.com:wx1:5d41'
const secretText = '{"access_token":"PLANTED-TOKEN"}'

let inner: IAccessTokenCache
beforeEach(() => {
  inner = memoryCache()
})

async function stored(key = entry): Promise<string> {
  return String(await inner.get(key))
}

test('the stored text contains nothing of the value and differs each time', async () => {
  const cache = encryptedCache(inner, { keys: generateKey() })
  await cache.set(entry, secretText)
  const first = await stored()
  await cache.set(entry, secretText)
  expect(await stored()).not.toBe(first)
  expect(first).not.toContain('PLANTED')
  expect(Buffer.from(first.split(':').at(-1) ?? '', 'base64url').toString('latin1')).not.toContain('PLANTED')
  expect(await cache.get(entry)).toBe(secretText)
})

test('the first key encrypts, all keys decrypt, and the next write uses the first key', async () => {
  const [old, current] = [generateKey(), generateKey()]
  await encryptedCache(inner, { keys: old }).set(entry, secretText)
  expect((await stored()).split(':')[2]).toBe(old.split(':')[0])
  const cache = encryptedCache(inner, { keys: [current, old] })
  expect(await cache.get(entry)).toBe(secretText)
  await cache.set(entry, secretText)
  expect((await stored()).split(':')[2]).toBe(current.split(':')[0])
  expect(await encryptedCache(inner, { keys: current }).get(entry)).toBe(secretText)
})

test('keys are accepted as a text, a list in one text, objects, or mixed', async () => {
  const [one, two] = [generateKey(), generateKey()]
  await encryptedCache(inner, { keys: two }).set(entry, secretText)
  const [id = '', key = ''] = two.split(':')
  const spellings: (EncryptionKey | EncryptionKey[])[] = [
    two,
    `${one},${two}`,
    ` ${one} ${two}\n`,
    { id, key },
    [one, { id, key }],
  ]
  for (const keys of spellings) expect(await encryptedCache(inner, { keys }).get(entry)).toBe(secretText)
})

describe('an entry that cannot be decrypted is returned as damaged', () => {
  const keys = generateKey()
  const alterations: Readonly<Record<string, (envelope: string) => string>> = {
    'cut short': (envelope) => envelope.slice(0, -10),
    'cut to its head': (envelope) => envelope.split(':').slice(0, 3).join(':') + ':AAAA',
    'without its key': (envelope) => envelope.split(':').slice(0, 2).join(':'),
    'one bit turned': (envelope) => envelope.slice(0, -6) + (envelope.at(-6) === 'A' ? 'B' : 'A') + envelope.slice(-5),
    'of another key id': (envelope) => envelope.replace(/:k[0-9a-f]{8}:/, ':other:'),
    'of another version': (envelope) => envelope.replace(':1:', ':2:'),
    'not encrypted': () => secretText,
  }
  for (const [name, alter] of Object.entries(alterations)) {
    test(name, async () => {
      const cache = encryptedCache(inner, { keys })
      await cache.set(entry, secretText)
      const altered = alter(await stored())
      await inner.set(entry, altered)
      expect(await cache.get(entry)).toBe('!')
      expect(await stored()).toBe(altered)
    })
  }
  test('moved from another account', async () => {
    const cache = encryptedCache(inner, { keys })
    await cache.set(`${entry}0`, secretText)
    await inner.set(entry, await stored(`${entry}0`))
    expect(await cache.get(entry)).toBe('!')
  })
  test('encrypted by another key of the same id', async () => {
    const [id = ''] = keys.split(':')
    await encryptedCache(inner, { keys: { id, key: randomBytes(32).toString('base64') } }).set(entry, secretText)
    expect(await encryptedCache(inner, { keys }).get(entry)).toBe('!')
  })
})

test('readPlain reads unencrypted records, and the next write encrypts them', async () => {
  await inner.set(entry, secretText)
  const cache = encryptedCache(inner, { keys: generateKey(), readPlain: true })
  expect(await cache.get(entry)).toBe(secretText)
  await cache.set(entry, secretText)
  expect(await stored()).toMatch(/^lingpai-encrypted:1:/)
})

test('a miss of the inner cache stays a miss and a failure stays a failure', async () => {
  const chaos = chaosCache(inner)
  const cache = encryptedCache(chaos, { keys: generateKey() })
  expect(await cache.get(entry)).toBeUndefined()
  chaos.fail('get')
  await expect(cache.get(entry)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('commit encrypts; lease, subscription, clock and close are those of the inner cache', async () => {
  const listeners: ((change: CacheChange) => void)[] = []
  class Whole {
    readonly reach = 'fleet'
    closed = 0
    clockMs = 42
    readonly lease = {
      take: (key: string, holder: string, ttlMs: number) => key === entry && holder === 'a' && ttlMs === 2000,
      commit: async (key: string, holder: string, value: string, expiresAtMs?: number) => {
        await this.set(key, value)
        return holder === 'a' && expiresAtMs === 5
      },
      release: () => undefined,
    }
    get(key: string) {
      return inner.get(key)
    }
    async set(key: string, value: string) {
      await inner.set(key, value)
      for (const listener of listeners) listener({ key })
    }
    remove(key: string) {
      return inner.remove(key)
    }
    subscribe(listener: (change: CacheChange) => void) {
      expect(this.reach).toBe('fleet')
      listeners.push(listener)
      return () => void listeners.splice(listeners.indexOf(listener), 1)
    }
    nowMs() {
      return this.clockMs
    }
    close() {
      this.closed += 1
    }
  }
  const whole = new Whole()
  const cache = encryptedCache(whole, { keys: generateKey() })
  const heard: CacheChange[] = []
  const end = cache.subscribe?.((change) => heard.push(change))
  expect(await cache.lease?.take(entry, 'a', 2000)).toBe(true)
  expect(await cache.lease?.commit(entry, 'a', secretText, 5)).toBe(true)
  expect(await stored()).toMatch(/^lingpai-encrypted:1:/)
  expect(await cache.get(entry)).toBe(secretText)
  end?.()
  expect(listeners).toEqual([])
  expect(heard).toEqual([{ key: entry }])
  expect([cache.reach, await cache.nowMs?.()]).toEqual(['fleet', 42])
  await cache.close?.()
  expect(whole.closed).toBe(1)
  expect(Object.keys(encryptedCache(memoryCache(), { keys: generateKey() })).sort()).toEqual([
    'get',
    'reach',
    'ready',
    'remove',
    'set',
  ])
})

test('invalid keys and an invalid cache are a ConfigError that names the index and not the key', () => {
  const good = generateKey()
  const [id = '', key = ''] = good.split(':')
  const wrong: [unknown, string][] = [
    [[], 'keys'],
    ['', 'keys'],
    [undefined, 'keys[0]'],
    ['no-colon-PLANTED', 'keys[0]'],
    [[good, good], 'keys[1]'],
    [[good, { id: 'short', key: 'UExBTlRFRA==' }], 'keys[1]'],
    [{ id: 'a b', key }, 'keys[0]'],
    [{ id, key: `${key.slice(0, -2)}!=` }, 'keys[0]'],
    [[42], 'keys[0]'],
  ]
  for (const [keys, field] of wrong) {
    let error: unknown
    try {
      encryptedCache(inner, { keys: keys as EncryptionKey })
    } catch (caught) {
      error = caught
    }
    expect(error).toMatchObject({ code: 'ERR_LINGPAI_CONFIG', details: { field } })
    expect(inspect(error)).not.toContain('PLANTED')
    expect(inspect(error)).not.toContain(key.slice(0, 20))
  }
  expect(() => encryptedCache(undefined as unknown as IAccessTokenCache, { keys: good })).toThrow(/cache/)
})

test('inspect and JSON do not show keys', () => {
  const keys = generateKey()
  const [, key = ''] = keys.split(':')
  const cache = encryptedCache(inner, { keys })
  const shown = inspect(cache, { depth: 9, showHidden: true }) + JSON.stringify(cache)
  expect(shown).not.toContain(key)
  expect(shown).not.toContain(Buffer.from(key, 'base64').toString('hex'))
})

describe('under a token manager', () => {
  let simulator: Simulator
  let managers: TokenManager[]
  const events: LingpaiEvents['cache-failed'][] = []
  beforeEach(async () => {
    simulator = await startSimulator()
    managers = []
    events.length = 0
  })
  afterEach(async () => {
    for (const manager of managers) await manager.close()
    await simulator.close()
  })
  /** A source as in another process: only the inner cache is shared. */
  const source = (keys: EncryptionKey[]) => {
    const cache = encryptedCache(inner, { keys })
    const manager = new TokenManager({ cache, hooks: { 'cache-failed': (event) => events.push(event) } })
    managers.push(manager)
    return manager.source(simulator.provider(wechatMp), simulator.accounts.wechat)
  }

  test('a wrong key is a miss with an event, and one refresh replaces the entry', async () => {
    const [one, two] = [generateKey(), generateKey()]
    const token = await source([one]).getAccessToken()
    expect(await source([one]).getAccessToken()).toBe(token)
    expect(events).toEqual([])
    expect(simulator.ledger.tokenRequests()).toBe(1)
    await source([two]).getAccessToken()
    expect(simulator.ledger.tokenRequests()).toBe(2)
    expect(events.map(({ error }) => error.details)).toContainEqual(
      expect.objectContaining({ operation: 'get', problem: 'damaged' }),
    )
    events.length = 0
    await source([two]).getAccessToken()
    expect(simulator.ledger.tokenRequests()).toBe(2)
    expect(events).toEqual([])
  })

  test('keys are rotated without a refresh', async () => {
    const [old, current] = [generateKey(), generateKey()]
    const token = await source([old]).getAccessToken()
    expect(await source([old, current]).getAccessToken()).toBe(token)
    expect(await source([current, old]).getAccessToken()).toBe(token)
    expect(simulator.ledger.tokenRequests()).toBe(1)
    expect(events).toEqual([])
  })

  test('failure notes are encrypted and shared', async () => {
    const written: string[] = []
    const store = inner
    inner = {
      ...store,
      set: (key, value, expiresAtMs) => {
        written.push(value)
        return store.set(key, value, expiresAtMs)
      },
    }
    const keys = [generateKey()]
    simulator.change('wechat', { ipAllow: ['203.0.113.9'] })
    await expect(source(keys).getAccessToken()).rejects.toMatchObject({ details: { errorClass: 'ip-denied' } })
    const before = simulator.ledger.tokenRequests()
    await expect(source(keys).getAccessToken()).rejects.toMatchObject({ details: { errorClass: 'ip-denied' } })
    expect(simulator.ledger.tokenRequests()).toBe(before)
    expect(written.length).toBeGreaterThan(0)
    for (const text of written) expect(text).toMatch(/^lingpai-encrypted:1:/)
  })
})
