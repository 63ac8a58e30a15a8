import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KeyvSqlite } from '@keyv/sqlite'
import { entryKey } from '@lingpai/cache-keyv'
import { sqliteCache } from '@lingpai/cache-sqlite'
import { cacheConformance } from '@lingpai/testing/conformance'

cacheConformance(test, async () => {
  const root = await mkdtemp(join(tmpdir(), 'lingpai-'))
  const path = join(root, 'cache', 'tokens.db')
  let nowMs = 1_800_000_000_000
  const caches = [sqliteCache({ path, clock: { now: () => nowMs } })]
  const open = () => {
    const cache = sqliteCache({ path, clock: { now: () => nowMs } })
    caches.push(cache)
    return cache
  }
  return {
    cache: open(),
    reopen: open,
    damage: async (key) => {
      const store = new KeyvSqlite({ uri: `sqlite://${path}`, table: 'lingpai' })
      await store.query('UPDATE lingpai SET value = substr(value, 1, 40) WHERE key = ?', entryKey(key))
      await store.disconnect()
    },
    breakStore: async () => {
      await rm(join(root, 'cache'), { recursive: true, force: true })
      await mkdir(path, { recursive: true })
    },
    nowMs: () => nowMs,
    advanceMs: (ms) => {
      nowMs += ms
    },
    close: async () => {
      for (const cache of caches) await cache.close?.()
      await rm(root, { recursive: true })
    },
  }
})
