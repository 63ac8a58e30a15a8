import { fork, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Scenario } from '../harness/scenario.js'
import { hasRedis, startRedis } from '../harness/start-redis.js'
import { median } from '../harness/statistics.js'
import { startUpstream, type RunningUpstream } from '../upstream/start-upstream.js'

/** Which libraries have a cache on each store. */
const librariesOn: Readonly<Record<string, readonly string[]>> = {
  file: ['Lingpai', 'node-easywechat', 'bentocache'],
  sqlite: ['Lingpai', 'keyv'],
  redis: ['Lingpai', 'keyv', 'cacheable', 'bentocache'],
}

/**
 * Eight processes on one empty cache that all want the token of one account at the same moment; upstream takes 100 ms. Each
 * process has loaded its library and opened its store before. The yardstick does the least that the raw driver allows: one process wins
 * a lock, and the others poll every 5 ms.
 */
export const coldProcesses: Scenario = {
  name: 'cold-processes',
  contenders: ['Lingpai', 'node-easywechat', 'keyv', 'cacheable', 'bentocache'],
  leftOut: {
    tnwx: 'no-shared-cache',
    'co-wechat-api': 'no-shared-cache',
    '@larksuiteoapi/node-sdk': 'no-shared-cache',
    'google-auth-library': 'no-shared-cache',
    '@azure/msal-node': 'no-shared-cache',
    'simple-oauth2': 'no-shared-cache',
    'p-memoize': 'no-shared-cache',
    'lru-cache': 'no-shared-cache',
  },
  measures: Object.fromEntries(
    Object.keys(librariesOn).flatMap((store) => [
      [`${store}-requests`, { unit: 'count', better: 'lower' }],
      [`${store}-slowest`, { unit: 'ratio', better: 'lower' }],
    ]),
  ),
  quick: { rounds: 5, processes: 8, pairs: 1 },
  full: { rounds: 5, processes: 8, pairs: 5 },
  run: async (name, { processes = 0, pairs = 0 }) => {
    const upstream = await startUpstream({ delayMs: 100 })
    const figures: Record<string, number> = {}
    for (const [store, libraries] of Object.entries(librariesOn)) {
      if (!libraries.includes(name) || (store === 'redis' && !hasRedis())) continue
      const seen: { readonly ratio: number; readonly requests: number }[] = []
      for (let pair = 0; pair < pairs; pair += 1) {
        const base = await race('yardstick', store, upstream, processes)
        const own = await race(name, store, upstream, processes)
        seen.push({ ratio: own.slowestMs / base.slowestMs, requests: own.requests })
      }
      figures[`${store}-requests`] = Math.max(...seen.map(({ requests }) => requests))
      figures[`${store}-slowest`] = median(seen.map(({ ratio }) => ratio))
    }
    upstream.close()
    return figures
  },
}

interface Race {
  readonly slowestMs: number
  readonly requests: number
}

async function race(name: string, store: string, upstream: RunningUpstream, processes: number): Promise<Race> {
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-benchmark-'))
  const redis = store === 'redis' ? await startRedis() : undefined
  const place = redis?.url ?? directory
  const script = fileURLToPath(new URL('./cold-member.mjs', import.meta.url))
  const members = Array.from({ length: processes }, () =>
    fork(script, [name, store, place, upstream.url], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
  )
  await Promise.all(members.map((member) => told(member)))
  await upstream.order({ resetCounts: true })
  const waited = members.map((member) => told<number>(member))
  for (const member of members) member.send('go')
  const slowestMs = Math.max(...(await Promise.all(waited)))
  const { requests } = await upstream.order({})
  for (const member of members) member.kill('SIGKILL')
  redis?.stop()
  await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  return { slowestMs, requests }
}

async function told<T>(member: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    member.once('message', (message) => {
      member.removeAllListeners('exit')
      resolve(message as T)
    })
    member.once('exit', (code) => {
      reject(new TypeError(`a process ended with ${code}`))
    })
  })
}
