import { join } from 'node:path'
import { KeyvSqlite } from '@keyv/sqlite'
import { entryKey } from '@lingpai/cache-keyv'
import { sqliteCache } from '@lingpai/cache-sqlite'
import { temporaryDirectories } from '../../testing/test/support/temporary-directory.js'

const temporaryDirectory = temporaryDirectories()
const dayMs = 86_400_000
const keyOf = (id: string): string => `lingpai:1:wechat-mp:app:host:${id}:5d41`

/** Runs SQL on a connection of its own. */
async function query(path: string, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const store = new KeyvSqlite({ uri: `sqlite://${path}`, table: 'lingpai' })
  try {
    return (await store.query(sql)) as readonly Readonly<Record<string, unknown>>[]
  } finally {
    await store.disconnect()
  }
}

test('expired rows are removed by the next write, including those of an older database', async () => {
  const path = join(await temporaryDirectory(), 'tokens.db')
  let nowMs = 1_800_000_000_000
  const open = () => sqliteCache({ path, clock: { now: () => nowMs } })
  const first = open()
  for (let i = 0; i < 10; i += 1) await first.set(keyOf(`gone${String(i)}`), 'dead', nowMs + dayMs)
  await first.set(keyOf('later'), 'living', nowMs + 60 * dayMs)
  await first.set(keyOf('for good'), 'living')
  await first.lease?.take(keyOf('crashed'), 'holder', 2000)
  await first.close?.()
  await query(path, 'DROP TABLE lingpai_change')
  nowMs += 30 * dayMs
  const next = open()
  await next.set(keyOf('new'), 'living', nowMs + dayMs)
  const living = ['later', 'for good', 'new'].map((id) => entryKey(keyOf(id))).toSorted()
  for (const table of ['lingpai', 'lingpai_change'])
    expect((await query(path, `SELECT key FROM ${table} ORDER BY key`)).map(({ key }) => key)).toEqual(living)
  expect(await query(path, 'SELECT key FROM lingpai_lease')).toEqual([])
  await next.close?.()
})

test('an expired row that is being renewed stays', async () => {
  const path = join(await temporaryDirectory(), 'tokens.db')
  let nowMs = 1_800_000_000_000
  const cache = sqliteCache({ path, clock: { now: () => nowMs } })
  await cache.set(keyOf('a'), 'old', nowMs + 1000)
  nowMs += 30 * dayMs
  expect(await cache.lease?.take(keyOf('a'), 'holder', 2000)).toBe(true)
  await cache.set(keyOf('b'), 'other')
  expect(await cache.lease?.commit(keyOf('a'), 'holder', 'new', nowMs + dayMs)).toBe(true)
  await cache.set(keyOf('b'), 'other again')
  expect(await cache.get(keyOf('a'))).toBe('new')
  await cache.close?.()
})
