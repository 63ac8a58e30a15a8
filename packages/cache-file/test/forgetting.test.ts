import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { rmdir } from 'node:fs/promises'
import { fileCache } from '@lingpai/cache-file'
import { forgetEntries } from '../src/forget-entries.js'
import { encodeState, nameOfKey } from '../src/state.js'
import { transact, type StateLog } from '../src/state-log.js'
import { set, take } from '../src/transitions.js'
import { join } from 'node:path'
import { entriesIn } from './entries-in.js'
import { temporaryDirectories } from '../../testing/test/support/temporary-directory.js'

const temporaryDirectory = temporaryDirectories()
const dayMs = 86_400_000
const keyOf = (id: string): string => `lingpai:1:wechat-mp:app:host:${id}:5d41`

test('expired entries and their directories are removed by the next write of another process', async () => {
  const directory = await temporaryDirectory()
  let nowMs = 1_800_000_000_000
  const open = () => fileCache({ directory, clock: { now: () => nowMs } })
  const first = open()
  for (let i = 0; i < 10; i += 1) await first.set(keyOf(`gone${String(i)}`), 'dead', nowMs + dayMs)
  await first.set(keyOf('later'), 'living', nowMs + 60 * dayMs)
  await first.set(keyOf('for good'), 'living')
  await first.set(keyOf('removed'), 'dead', nowMs + 60 * dayMs)
  await first.remove(keyOf('removed'))
  nowMs += 30 * dayMs
  const other = open()
  await other.set(keyOf('new'), 'living', nowMs + dayMs)
  await other.close?.()
  const living = ['later', 'for good', 'new'].map((id) => nameOfKey(keyOf(id)))
  expect((await entriesIn(directory)).toSorted()).toEqual(living.toSorted())
  expect(await first.get(keyOf('later'))).toBe('living')
})

test('an expired entry that is being renewed stays', async () => {
  const directory = await temporaryDirectory()
  let nowMs = 1_800_000_000_000
  const cache = fileCache({ directory, clock: { now: () => nowMs } })
  await cache.set(keyOf('a'), 'old', nowMs + 1000)
  nowMs += 30 * dayMs
  expect(await cache.lease?.take(keyOf('a'), 'holder', 2000)).toBe(true)
  await cache.set(keyOf('b'), 'other')
  expect(await cache.lease?.commit(keyOf('a'), 'holder', 'new', nowMs + dayMs)).toBe(true)
  await cache.set(keyOf('b'), 'other again')
  expect(await cache.get(keyOf('a'))).toBe('new')
})

test('writes at one time leave no more than two looks for expired entries behind, for which the end of the cache waits', async () => {
  const directory = await temporaryDirectory()
  let questions = 0
  const now = (): number => {
    questions += 1
    return 1_800_000_000_000
  }
  const cache = fileCache({ directory, clock: { now } })
  const names = Array.from({ length: 50 }, (_, index) => keyOf(String(index)))
  await Promise.all(names.map(async (name) => cache.set(name, 'living')))
  const asked = questions
  await cache.close?.()
  // A look asks for the time for each entry, and again for those that it reads.
  expect(questions - asked).toBeLessThanOrEqual(2 * 2 * names.length)
})

test('what one write starts looks at a bounded number of entries, and the next ones at the rest', async () => {
  const directory = await temporaryDirectory()
  let nowMs = 1_800_000_000_000
  const first = fileCache({ directory, clock: { now: () => nowMs } })
  for (let i = 0; i < 40; i += 1) await first.set(keyOf(String(i)), 'dead', nowMs + dayMs)
  await first.set(keyOf('new'), 'living')
  await first.close?.()
  nowMs += 30 * dayMs
  const forget = forgetEntries(directory, () => nowMs)
  await forget()
  const left = (await entriesIn(directory)).length
  expect(left).toBeGreaterThan(20)
  for (let i = 0; i < 3; i += 1) await forget()
  expect(await entriesIn(directory)).toEqual([nameOfKey(keyOf('new'))])
})

test('a new directory that another process removes while it is still empty is made again', async () => {
  const directory = await temporaryDirectory()
  const cache = fileCache({ directory })
  let removed = 0
  const removeOnce = async (path: string, writing: { isOver: boolean }): Promise<void> => {
    while (!writing.isOver) {
      const isRemoved = await rmdir(path).then(
        () => true,
        () => false,
      )
      if (!isRemoved) continue
      removed += 1
      return
    }
  }
  for (let i = 0; i < 100; i += 1) {
    const key = keyOf(String(i))
    const writing = { isOver: false }
    const removing = removeOnce(join(directory, nameOfKey(key)), writing)
    try {
      await cache.set(key, 'value')
    } finally {
      writing.isOver = true
    }
    await removing
    expect(await cache.get(key)).toBe('value')
  }
  expect(removed).toBeGreaterThan(0)
})

test('a transition runs again if its entry was removed meanwhile', async () => {
  const directory = join(await temporaryDirectory(), nameOfKey(keyOf('a')))
  const now = (): number => 1_800_000_000_000
  const log: StateLog = { key: keyOf('a'), directory, now }
  for (const value of ['one', 'two', 'three']) await transact(log, set(value, undefined))
  const early = { writeId: 'early', lease: { holder: 'early', untilMs: now() + 2000, ttlMs: 2000 } }
  const taking = take('late', 2000, now)
  let runs = 0
  const taken = await transact(log, (state) => {
    const decision = taking(state)
    runs += 1
    if (runs === 1) {
      rmSync(directory, { recursive: true })
      mkdirSync(directory)
      writeFileSync(join(directory, '1.json'), encodeState(log.key, early))
    }
    return decision
  })
  expect({ taken, runs }).toEqual({ taken: false, runs: 2 })
  expect(readdirSync(directory)).toEqual(['1.json'])
})
