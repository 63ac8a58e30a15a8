import { createHash } from 'node:crypto'
import { readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileCache } from '@lingpai/cache-file'
import type { CacheLease } from '@lingpai/core'
import { nameOfKey } from '../src/state.js'
import { childrenOf } from '../../testing/test/support/child.js'
import { temporaryDirectories } from '../../testing/test/support/temporary-directory.js'

const temporaryDirectory = temporaryDirectories()
const startChild = childrenOf(new URL('worker.ts', import.meta.url))
const key = 'lingpai:1:wechat-mp:app:https%3A%2F%2Fapi.weixin.qq.com:wx1:5d41'

test('8 processes hold the lease one at a time, and no commit is lost or repeated', async () => {
  const directory = await temporaryDirectory()
  const limit = 200
  const workers = Array.from({ length: 8 }, (_, index) =>
    startChild('count', directory, key, String(limit), `worker-${String(index)}`),
  )
  for (const worker of workers) expect(await worker.line()).toBe('ready')
  for (const worker of workers) worker.tell('go')
  const lines = (await Promise.all(workers.map((worker) => worker.lines()))).flat()

  expect(lines.filter((line) => !/^(committed|denied) \d+$/.test(line))).toEqual([])
  const committed = lines.filter((line) => line.startsWith('committed ')).map((line) => Number(line.split(' ')[1]))
  // "denied" although it stands is allowed where the next holder's number came before the check; "committed" twice never.
  expect(new Set(committed).size).toBe(committed.length)
  expect(new Set(lines.map((line) => line.split(' ')[1])).size).toBe(lines.length)
  expect(lines.length).toBe(Number((await fileCache({ directory }).get(key))?.split(':')[0]))
  expect(lines.length).toBeGreaterThanOrEqual(limit)
}, 60_000)

test('processes that are suspended at random times never commit the same number twice', async () => {
  const directory = await temporaryDirectory()
  await fileCache({ directory }).set(key, '0')
  const workers = Array.from({ length: 4 }, () => startChild('race', directory, key))
  const printing = workers.map(async (worker) => worker.lines())
  for (let stop = 0; stop < 400; stop++) {
    const worker = workers[stop % workers.length]
    worker?.signal('SIGSTOP')
    await delay(10 + Math.random() * 10)
    // The last one stays stopped a little longer than its lease lasts, while the others go on.
    setTimeout(() => worker?.signal('SIGCONT'), Math.random() * 40)
  }
  for (const worker of workers) worker.signal('SIGKILL')
  const committed = (await Promise.all(printing)).flat().filter((line) => line.startsWith('committed '))
  expect(committed.length).toBeGreaterThan(20)
  expect(new Set(committed).size).toBe(committed.length)
}, 60_000)

test('writers killed at random times leave whole states, and the next writer cleans up', async () => {
  const directory = await temporaryDirectory()
  let acknowledged = 0
  for (let kills = 0; kills < 5; kills++) acknowledged = await killWriter(directory, key, acknowledged)
  await expectTidiness(directory, key)
}, 60_000)

test('a holder that was suspended past its lease and overtaken cannot commit afterwards', async () => {
  const directory = await temporaryDirectory()
  const cache = fileCache({ directory })
  const lease = leaseOf(cache)
  const holder = startChild('hold', directory, key, '2000')
  expect(await holder.line()).toBe('taken true')
  expect(await lease.take(key, 'next', 2000)).toBe(false)
  holder.signal('SIGSTOP')
  // The lease expires by the clock of the host, so the loop is the only wait.
  while (!(await lease.take(key, 'next', 2000)));
  expect(await lease.commit(key, 'next', 'newer')).toBe(true)
  holder.tell('commit')
  holder.signal('SIGCONT')
  expect(await holder.lines()).toEqual(['committed false', 'value newer'])
  expect(await cache.get(key)).toBe('newer')
}, 30_000)

test('a commit that was suspended before publishing does not reuse a number that others left', async () => {
  const directory = await temporaryDirectory()
  const cache = fileCache({ directory, clock: { now: () => Date.now() + 1500 } })
  const lease = leaseOf(cache)
  const stalled = startChild('stall', directory, key)
  expect(await stalled.line()).toBe('about to publish')
  for (const value of ['newer', 'still newer', 'newest']) {
    expect(await lease.take(key, 'next', 5000)).toBe(true)
    expect(await lease.commit(key, 'next', value)).toBe(true)
  }
  const names = await readdir(join(directory, nameOfKey(key)))
  expect(names.filter((name) => name === '2.json')).toEqual([])
  stalled.tell('go on')
  expect(await stalled.lines()).toEqual(['committed false after 2'])
  expect(await cache.get(key)).toBe('newest')
  expect(await readdir(join(directory, nameOfKey(key)))).toEqual(names)
}, 30_000)

test('the lease of a killed holder is available after it expires', async () => {
  const directory = await temporaryDirectory()
  const holder = startChild('hold', directory, key, '2000')
  expect(await holder.line()).toBe('taken true')
  holder.signal('SIGKILL')
  await holder.ended
  let aheadMs = 0
  const lease = leaseOf(fileCache({ directory, clock: { now: () => Date.now() + aheadMs } }))
  expect(await lease.take(key, 'next', 2000)).toBe(false)
  aheadMs = 2000
  expect(await lease.take(key, 'next', 2000)).toBe(true)
}, 30_000)

/** Runs a writer for some random milliseconds, kills it, and checks what it left. Returns the current number. */
async function killWriter(directory: string, laneKey: string, before: number): Promise<number> {
  const writer = startChild('write', directory, laneKey)
  const first = await writer.line()
  expect(Number(first)).toBe(before + 1)
  setTimeout(() => {
    writer.signal('SIGKILL')
  }, Math.random() * 30)
  const acknowledged = Number((await writer.lines()).at(-1) ?? first)
  const value = await fileCache({ directory }).get(laneKey)
  const stands = Number(value?.split(':')[0])
  expect([acknowledged, acknowledged + 1]).toContain(stands)
  const start = value?.slice(0, -64) ?? ''
  expect(value).toBe(start + createHash('sha256').update(start).digest('hex'))
  return stands
}

/** After one more write, a killed writer leaves only files younger than a minute; later none. */
async function expectTidiness(directory: string, laneKey: string): Promise<void> {
  const cache = fileCache({ directory })
  const entry = join(directory, nameOfKey(laneKey))
  for (const name of await readdir(entry)) {
    if (name.endsWith('.tmp')) await utimes(join(entry, name), new Date(), new Date(Date.now() - 120_000))
  }
  await cache.set(laneKey, 'one')
  await cache.set(laneKey, 'two')
  expect(await readdir(entry)).toHaveLength(2)
}

function leaseOf({ lease }: { readonly lease?: CacheLease }): CacheLease {
  if (lease === undefined) throw new TypeError('no lease')
  return lease
}
