import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KeyvSqlite } from '@keyv/sqlite'
import { entryKey, keyvCache, type KeyvStore } from '@lingpai/cache-keyv'
import { cacheConformance } from '@lingpai/testing/conformance'
import { Keyv } from 'keyv'

/** `keyvCache` over the adapter that this package is built on. */
const kinds: Record<string, { wrap: (store: KeyvSqlite) => KeyvStore; prefix: string }> = {
  'keyvCache over the adapter KeyvSqlite': { wrap: (store) => store, prefix: '' },
  'keyvCache over a Keyv on KeyvSqlite': { wrap: (store) => new Keyv({ store }), prefix: 'keyv:' },
}

for (const [name, { wrap, prefix }] of Object.entries(kinds)) {
  describe(name, () => {
    cacheConformance(
      test,
      async () => {
        const directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
        const stores: KeyvSqlite[] = []
        let nowMs = 1_800_000_000_000
        const open = async () => {
          const store = new KeyvSqlite(`sqlite://${join(directory, 'tokens.db')}`)
          await store.query('PRAGMA synchronous = OFF')
          stores.push(store)
          return keyvCache({ store: wrap(store), reach: 'host', clock: { now: () => nowMs } })
        }
        return {
          cache: await open(),
          reopen: open,
          damage: async (key): Promise<void> => {
            await stores[0]?.query('UPDATE keyv SET value = ? WHERE key = ?', 'half of {', prefix + entryKey(key))
          },
          breakStore: async () => {
            for (const store of stores.splice(0)) await store.disconnect()
          },
          nowMs: () => nowMs,
          advanceMs: (ms) => {
            nowMs += ms
          },
          close: async () => {
            for (const store of stores) await store.disconnect()
            await rm(directory, { recursive: true })
          },
        }
      },
      { without: ['lease', 'subscribe'] },
    )
  })
}
