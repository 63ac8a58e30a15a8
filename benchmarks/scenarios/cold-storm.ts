import { allContenders, loadContender } from '../contenders/contenders.js'
import type { OpenContender } from '../harness/contender.js'
import type { Scenario } from '../harness/scenario.js'
import { median, quantile } from '../harness/statistics.js'
import { startUpstream } from '../upstream/start-upstream.js'

/** A thousand callers at once of an account without a token; upstream takes 100 ms. */
export const coldStorm: Scenario = {
  name: 'cold-storm',
  contenders: allContenders,
  leftOut: {},
  measures: {
    requests: { unit: 'count', better: 'lower' },
    'p99-to-yardstick': { unit: 'ratio', better: 'lower' },
    p99: { unit: 'ms', better: 'lower' },
  },
  quick: { rounds: 5, callers: 1000, pairs: 3 },
  full: { rounds: 7, callers: 1000, pairs: 5 },
  run: async (name, { callers = 0, pairs = 0 }) => {
    const upstream = await startUpstream({ delayMs: 100 })
    const seen: { readonly base: number; readonly contender: number; readonly requests: number }[] = []
    for (let pair = 0; pair < pairs; pair += 1) {
      const base = await storm((await loadContender('yardstick')).open(upstream, 1), callers)
      await upstream.order({ resetCounts: true })
      const contender = await storm((await loadContender(name)).open(upstream, 1), callers)
      seen.push({ base, contender, requests: (await upstream.order({})).requests })
    }
    upstream.close()
    return {
      requests: Math.max(...seen.map(({ requests }) => requests)),
      'p99-to-yardstick': median(seen.map(({ base, contender }) => contender / base)),
      p99: median(seen.map(({ contender }) => contender)),
    }
  },
}

/** @returns the 99th percentile of the callers' waiting times, in milliseconds */
async function storm(contender: OpenContender, callers: number): Promise<number> {
  const startedAt = performance.now()
  const call = async (): Promise<number> => {
    await contender.getToken(0)
    return performance.now() - startedAt
  }
  const waited = await Promise.all(Array.from({ length: callers }, call))
  await contender.close?.()
  return quantile(waited, 0.99)
}
