import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sqliteCache } from '@lingpai/cache-sqlite'
import type { CacheLease, IAccessTokenCache } from '@lingpai/core'
import { childrenOf } from '../../testing/test/support/child.js'
import { temporaryDirectories } from '../../testing/test/support/temporary-directory.js'

const temporaryDirectory = temporaryDirectories()
const startChild = childrenOf(new URL('worker.ts', import.meta.url))
const key = 'lingpai:1:wechat-mp:app:https%3A%2F%2Fapi.weixin.qq.com:wx1:5d41'
const opened: IAccessTokenCache[] = []
afterEach(async () => {
  for (const cache of opened.splice(0)) await cache.close?.()
})

test('8 processes hold the lease one at a time, and no commit is lost or repeated', async () => {
  const path = await freshPath()
  const limit = 400
  const workers = Array.from({ length: 8 }, (_, index) =>
    startChild('count', path, key, String(limit), `worker-${String(index)}`),
  )
  for (const worker of workers) expect(await worker.line()).toBe('ready')
  for (const worker of workers) worker.tell('go')
  const lines = (await Promise.all(workers.map(async (worker) => worker.lines()))).flat()

  expect(lines.filter((line) => !/^committed \d+$/.test(line))).toEqual([])
  expect(new Set(lines).size).toBe(lines.length)
  expect(lines.length).toBe(numberIn(await openCache(path).get(key)))
  expect(lines.length).toBeGreaterThanOrEqual(limit)
}, 60_000)

test('a holder that was suspended past its lease and overtaken cannot commit afterwards', async () => {
  const path = await freshPath()
  const cache = openCache(path)
  const lease = leaseOf(cache)
  const holder = startChild('hold', path, key, '300')
  expect(await holder.line()).toBe('taken true')
  holder.signal('SIGSTOP')
  // The lease expires by the clock of the host, so the loop is the only wait.
  while (!(await lease.take(key, 'next', 2000)));
  expect(await lease.commit(key, 'next', 'newer')).toBe(true)
  holder.tell('commit')
  holder.signal('SIGCONT')
  expect(await holder.lines()).toEqual(['committed false', 'value newer'])
  expect(await cache.get(key)).toBe('newer')
}, 30_000)

test('a process with a deleted file open does not affect the next file, whatever was left beside it', async () => {
  const path = await freshPath()
  const cache = openCache(path)
  await cache.set(key, 'old')
  const holder = startChild('hold', path, key, '60000')
  expect(await holder.line()).toBe('taken true')
  holder.signal('SIGSTOP')
  await cache.close?.()
  await rm(path)
  for (const value of ['one', 'two', 'three']) {
    const next = openCache(path)
    expect(await leaseOf(next).take(key, 'next', 2000)).toBe(true)
    expect(await leaseOf(next).commit(key, 'next', value)).toBe(true)
    expect(await next.get(key)).toBe(value)
    await next.close?.()
    expect(await openCache(path).get(key)).toBe(value)
  }
  holder.tell('commit')
  holder.signal('SIGCONT')
  expect(await holder.lines()).toEqual(['committed false', 'value three'])
  expect(await openCache(path).get(key)).toBe('three')
}, 30_000)

test('the lease of a killed holder is available after it expires, not before', async () => {
  const path = await freshPath()
  const holder = startChild('hold', path, key, '20000')
  expect(await holder.line()).toBe('taken true')
  holder.signal('SIGKILL')
  await holder.ended
  expect(await leaseOf(openCache(path)).take(key, 'next', 2000)).toBe(false)
  const later = sqliteCache({ path, clock: { now: () => Date.now() + 20_000 } })
  opened.push(later)
  expect(await leaseOf(later).take(key, 'next', 2000)).toBe(true)
}, 30_000)

test('a file that cannot be opened crashes no process, and an open one keeps no process alive', async () => {
  const path = await freshPath()
  await mkdir(path)
  for (const operation of ['get', 'set']) {
    expect(await startChild('once', path, key, operation).lines()).toEqual(['failed ERR_LINGPAI_CACHE'])
  }
  const beside = `${path}.garbage`
  await writeFile(beside, 'no database'.repeat(1000))
  expect(await startChild('once', beside, key, 'set').lines()).toEqual(['set undefined'])
  const child = startChild('once', beside, key, 'get')
  expect(await child.lines()).toEqual(['got new'])
  await child.ended
  expect(child.process.exitCode).toBe(0)
}, 30_000)

function numberIn(value: string | null | undefined): number {
  return Number(value?.split(':')[0])
}

async function freshPath(): Promise<string> {
  return join(await temporaryDirectory(), 'tokens.db')
}

function openCache(path: string): IAccessTokenCache {
  const cache = sqliteCache({ path })
  opened.push(cache)
  return cache
}

function leaseOf({ lease }: IAccessTokenCache): CacheLease {
  if (lease === undefined) throw new TypeError('no lease')
  return lease
}
