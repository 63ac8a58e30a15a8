import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KeyvSqlite } from '@keyv/sqlite'
import { keyvCache, type KeyvStore } from '@lingpai/cache-keyv'
import { cacheConformance, type OpenedCache } from '@lingpai/testing'
import { Keyv } from 'keyv'
import { breakable, entryKey } from './breakable-store.js'

/** What a store is opened as by each process, and how what stands in it is spoilt. */
interface Kind {
  readonly open: () => Promise<KeyvStore>
  readonly damage: (key: string) => Promise<unknown>
  readonly close: () => Promise<void>
}

const kinds: Record<string, () => Promise<Kind>> = {
  'a Map': async () => {
    const map = new Map<string, string>()
    return {
      open: async () => map,
      damage: async (key) => map.set(entryKey(key), map.get(entryKey(key))?.slice(0, 40) ?? ''),
      close: async () => {},
    }
  },
  'a Keyv over a Map, with a namespace, a prefix and a time to live': async () => {
    const map = new Map<string, string>()
    return {
      open: async () => new Keyv({ store: map, namespace: 'team_%a', ttl: 1 }),
      damage: async (key) => map.set(`team_%a:${entryKey(key)}`, 'SECRET is not JSON'),
      close: async () => {},
    }
  },
  'the adapter KeyvSqlite': async () => sqlite((store) => store, entryKey),
  'a Keyv over KeyvSqlite': async () =>
    sqlite(
      (store) => new Keyv({ store }),
      (key) => `keyv:${entryKey(key)}`,
    ),
}

for (const [name, openKind] of Object.entries(kinds)) {
  describe(name, () => {
    cacheConformance(test, async () => opened(await openKind()), { without: ['lease', 'subscribe'] })
  })
}

async function opened(kind: Kind): Promise<OpenedCache> {
  let nowMs = 1_800_000_000_000
  const isBroken = { value: false }
  const open = async () => keyvCache({ store: breakable(await kind.open(), isBroken), reach: 'host', now: () => nowMs })
  return {
    cache: await open(),
    reopen: open,
    damage: async (key) => void (await kind.damage(key)),
    breakStore: () => {
      isBroken.value = true
    },
    nowMs: () => nowMs,
    advanceMs: (ms) => {
      nowMs += ms
    },
    close: kind.close,
  }
}

async function sqlite(wrap: (store: KeyvSqlite) => KeyvStore, rowKey: (key: string) => string): Promise<Kind> {
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
  const stores: KeyvSqlite[] = []
  const open = async () => {
    const store = new KeyvSqlite(`sqlite://${join(directory, 'tokens.db')}`)
    await store.query('PRAGMA synchronous=OFF')
    stores.push(store)
    return wrap(store)
  }
  return {
    open,
    damage: async (key): Promise<unknown> =>
      stores[0]?.query('UPDATE keyv SET value = ? WHERE key = ?', 'half of {', rowKey(key)),
    close: async () => {
      for (const store of stores) await store.disconnect()
      await rm(directory, { recursive: true })
    },
  }
}
