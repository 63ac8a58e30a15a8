import { allContenders, loadContender, yardstickName } from '../contenders/contenders.js'
import { callSteadily } from '../harness/call-steadily.js'
import type { Scenario } from '../harness/scenario.js'
import { expiryOf, startUpstream } from '../upstream/start-upstream.js'
import { withLongMargins } from './expiry.js'

const secondsAfterExpiry = 5
const secondsToRecover = 10

/**
 * Upstream fails from early in the life of a token until some seconds after its expiry, with 200 callers a second. A failed call
 * counts as long as a tenth of the life is left, because a token about to expire does not help.
 */
export const outage: Scenario = {
  name: 'outage',
  contenders: [yardstickName, ...allContenders.filter((name) => withLongMargins[name] === undefined)],
  leftOut: withLongMargins,
  measures: {
    'failed-while-alive': { unit: 'count', better: 'lower' },
    'requests-during-the-outage': { unit: 'count', better: 'lower' },
    'dead-tokens': { unit: 'count', better: 'lower' },
    recovery: { unit: 'ms', better: 'lower' },
  },
  isConcurrent: true,
  quick: { rounds: 5, lifeSeconds: 20, callersPerSecond: 200 },
  full: { rounds: 5, lifeSeconds: 30, callersPerSecond: 200 },
  run: async (name, { lifeSeconds = 0, callersPerSecond = 0 }) => {
    const upstream = await startUpstream({ lifeSeconds, delayMs: 20 })
    const contender = (await loadContender(name)).open(upstream, 1)
    const expiresAtMs = expiryOf(await contender.getToken(0))
    await upstream.order({ set: { isDown: true }, resetCounts: true })
    let failedEarly = 0
    let dead = 0
    let restoredAtMs = Infinity
    let recoveredAtMs: number | undefined
    const call = async (): Promise<void> => {
      try {
        const token = await contender.getToken(0)
        const now = Date.now()
        if (expiryOf(token) <= now) dead += 1
        else if (now >= restoredAtMs) recoveredAtMs ??= now
      } catch {
        if (Date.now() < expiresAtMs - (lifeSeconds * 1000) / 10) failedEarly += 1
      }
    }
    await callSteadily(call, callersPerSecond, expiresAtMs - Date.now() + secondsAfterExpiry * 1000)
    const { requests } = await upstream.order({ set: { isDown: false } })
    restoredAtMs = Date.now()
    await callSteadily(call, callersPerSecond, secondsToRecover * 1000)
    await contender.close?.()
    upstream.close()
    return {
      'failed-while-alive': failedEarly,
      'requests-during-the-outage': requests,
      'dead-tokens': dead,
      recovery: (recoveredAtMs ?? Date.now()) - restoredAtMs,
    }
  },
}
