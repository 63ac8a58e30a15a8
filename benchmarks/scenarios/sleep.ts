import { monitorEventLoopDelay } from 'node:perf_hooks'
import { loadContender, ofManyAccounts } from '../contenders/contenders.js'
import { callSteadily } from '../harness/call-steadily.js'
import { setWallClockAhead } from '../harness/wall-clock.js'
import type { Scenario } from '../harness/scenario.js'
import { expiryOf, startUpstream, withoutNetwork } from '../upstream/start-upstream.js'

const hour = 3_600_000
const sleepMs = 3 * hour

/**
 * A machine with many accounts wakes after three hours, and all tokens have expired: its wall clock is ahead, and its timers and the
 * monotonic clock have stood still. Some accounts are called at that very moment, and all of them once while the run lasts.
 */
export const sleep: Scenario = {
  name: 'sleep',
  ...ofManyAccounts,
  measures: {
    'most-requests-at-once': { unit: 'count', better: 'lower' },
    'requests-an-account': { unit: 'ratio', better: 'lower' },
    'dead-tokens': { unit: 'count', better: 'lower' },
    'failed-calls': { unit: 'count', better: 'lower' },
    'event-loop-delay-p99': { unit: 'ms', better: 'lower' },
  },
  nodeFlags: ['--max-old-space-size=4096'],
  quick: { rounds: 3, accounts: 5000, calledAtOnce: 500, seconds: 10 },
  full: { rounds: 3, accounts: 100_000, calledAtOnce: 2000, seconds: 100 },
  run: async (name, { accounts = 0, calledAtOnce = 0, seconds = 0 }) => {
    const upstream = await startUpstream({ lifeSeconds: 7200 })
    let { fetch } = withoutNetwork(upstream)
    const contender = (await loadContender(name)).open(
      { url: upstream.url, fetch: (...args) => fetch(...args) },
      accounts,
    )
    for (let account = 0; account < accounts; account += 1) await contender.getToken(account)
    for (let account = 0; account < accounts; account += 1) contender.startBackground?.(account)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    fetch = upstream.fetch
    await upstream.order({ set: { aheadMs: sleepMs, delayMs: 50 }, resetCounts: true })

    let dead = 0
    let failed = 0
    let next = 0
    const call = async (): Promise<void> => {
      try {
        if (expiryOf(await contender.getToken(next++ % accounts)) <= Date.now()) dead += 1
      } catch {
        failed += 1
      }
    }
    setWallClockAhead(sleepMs)
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const first = Promise.all(Array.from({ length: calledAtOnce }, call))
    await callSteadily(call, (accounts - calledAtOnce) / seconds, seconds * 1000)
    await first
    delay.disable()
    const { requests, mostAtOnce } = await upstream.order({})
    await contender.close?.()
    upstream.close()
    return {
      'most-requests-at-once': mostAtOnce,
      'requests-an-account': requests / accounts,
      'dead-tokens': dead,
      'failed-calls': failed,
      'event-loop-delay-p99': delay.percentile(99) / 1e6,
    }
  },
}
