import { keyvCache, type KeyvStore } from '@lingpai/cache-keyv'
import { cacheConformance, type OpenedCache } from '@lingpai/testing/conformance'
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
}

for (const [name, openKind] of Object.entries(kinds)) {
  describe(name, () => {
    cacheConformance(test, async () => opened(await openKind()), { without: ['lease', 'subscribe'] })
  })
}

async function opened(kind: Kind): Promise<OpenedCache> {
  let nowMs = 1_800_000_000_000
  const isBroken = { value: false }
  const open = async () =>
    keyvCache({ store: breakable(await kind.open(), isBroken), reach: 'host', clock: { now: () => nowMs } })
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
