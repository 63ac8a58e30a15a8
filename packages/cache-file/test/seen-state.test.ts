import { mkdir, readdir, readFile, rename, rm, stat, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileCache } from '@lingpai/cache-file'
import type { IAccessTokenCache } from '@lingpai/core'
import { encodeState, nameOfKey } from '../src/state.js'
import { readState } from '../src/state-log.js'
import { stateMemory } from '../src/state-memory.js'
import { temporaryDirectories } from '../../testing/test/support/temporary-directory.js'

const temporaryDirectory = temporaryDirectories()
const key = 'lingpai:1:wecom:app:https%3A%2F%2Fqyapi.weixin.qq.com:ww1:1000002:5d41'
/** Makes every stored file old enough to be remembered. */
const later = (): number => Date.now() + 60_000

interface Opened {
  /** Has read `one`. */
  readonly reader: IAccessTokenCache
  /** A cache as in another process. */
  readonly other: IAccessTokenCache
  readonly entry: string
}

async function openSeen(): Promise<Opened> {
  const directory = await temporaryDirectory()
  const other = fileCache({ directory, clock: { now: later } })
  for (const value of ['minus one', 'zero', 'one']) await other.set(key, value)
  const reader = fileCache({ directory, clock: { now: later } })
  for (let reads = 0; reads < 3; reads += 1) expect(await reader.get(key)).toBe('one')
  return { reader, other, entry: join(directory, nameOfKey(key)) }
}

const top = (entry: string): string => join(entry, '3.json')

test.each(
  Object.entries<readonly [(opened: Opened) => Promise<unknown>, string | undefined]>({
    'a newer value': [async ({ other }) => other.set(key, 'two'), 'two'],
    'two newer values': [
      async ({ other }) => {
        await other.set(key, 'two')
        await other.set(key, 'three')
      },
      'three',
    ],
    'a removal': [async ({ other }) => other.remove(key), undefined],
    'a lease': [async ({ other }) => other.lease?.take(key, 'a', 1000), 'one'],
    'damage to the file': [({ entry }) => truncate(top(entry), 100), undefined],
    'other bytes of the same length': [
      async ({ entry }) =>
        writeFile(top(entry), (await readFile(top(entry), 'utf8')).replace('"one"', '"eno"'), { flag: 'r+' }),
      undefined,
    ],
    'a file of the same length in its place': [
      async ({ entry }) => {
        const state = encodeState(key, { writeId: '0'.repeat(36), value: 'two' })
        expect(state).toHaveLength((await readFile(top(entry), 'utf8')).length)
        await writeFile(join(entry, 'new'), state)
        await rename(join(entry, 'new'), top(entry))
      },
      'two',
    ],
    'the loss of the file': [({ entry }) => unlink(top(entry)), 'zero'],
    'the loss of the directory': [({ entry }) => rm(entry, { recursive: true }), undefined],
    'an empty directory in its place': [
      async ({ entry }) => {
        await rename(entry, `${entry}.away`)
        await mkdir(entry)
      },
      undefined,
    ],
  }),
)('a value that was read before is replaced after %s', async (_, [happen, expected]) => {
  const opened = await openSeen()
  await happen(opened)
  expect(await opened.reader.get(key)).toBe(expected)
  expect(await opened.reader.get(key)).toBe(expected)
})

test('a state number that a late writer briefly reused does not return the remembered value', async () => {
  const { reader, other, entry } = await openSeen()
  for (const value of ['two', 'three', 'four']) await other.set(key, value)
  expect((await readdir(entry)).sort()).toEqual(['5.json', '6.json'])
  await writeFile(top(entry), encodeState(key, { writeId: 'late', value: 'late' }))
  expect(await reader.get(key)).toBe('four')
})

test('a file that was changed just now is not remembered, because file systems count time in ticks', async () => {
  const directory = await temporaryDirectory()
  await fileCache({ directory }).set(key, 'one')
  const entry = join(directory, nameOfKey(key))
  const changedAtMs = (await stat(join(entry, '1.json'))).ctimeMs
  for (const [agoMs, isRemembered] of [
    [2990, false],
    [3010, true],
    // A clock that was set back.
    [-60_000, false],
  ] as const) {
    const memory = stateMemory()
    const log = { key, directory: entry, now: () => changedAtMs + agoMs }
    expect((await readState(log, memory)).value).toBe('one')
    expect(memory.get(key) !== undefined).toBe(isRemembered)
  }
})

test('the state memory holds at most 10,000 keys', () => {
  const memory = stateMemory()
  const mark = { device: 1n, inode: 1n, bytes: 1n, changedAtNs: 1n }
  for (let i = 0; i <= 10_000; i += 1) memory.set(String(i), { number: 1, state: { writeId: '' }, path: '', mark })
  expect(['0', '1', '10000'].map((name) => memory.get(name) !== undefined)).toEqual([false, true, true])
})

test('a remembered value that expires is a miss', async () => {
  const directory = await temporaryDirectory()
  let nowMs = later()
  const cache = fileCache({ directory, clock: { now: () => nowMs } })
  await cache.set(key, 'one', nowMs + 1000)
  for (let reads = 0; reads < 3; reads += 1) expect(await cache.get(key)).toBe('one')
  nowMs += 1000
  expect(await cache.get(key)).toBeUndefined()
})
