import { allContenders, loadContender, yardstickName } from '../contenders/contenders.js'
import { callSteadily } from '../harness/call-steadily.js'
import type { LeftOut, Scenario } from '../harness/scenario.js'
import { expiryOf, startUpstream } from '../upstream/start-upstream.js'

/** Contenders that never serve a token of these short lives, because of a margin that can't be set. */
export const withLongMargins: Readonly<Record<string, LeftOut>> = {
  '@larksuiteoapi/node-sdk': 'its-margin-is-longer-than-the-life',
  '@azure/msal-node': 'its-margin-is-longer-than-the-life',
}

/** Two thousand callers a second across the end of several tokens; upstream takes 50 ms. */
export const expiry: Scenario = {
  name: 'expiry',
  contenders: [yardstickName, ...allContenders.filter((name) => withLongMargins[name] === undefined)],
  leftOut: withLongMargins,
  measures: {
    requests: { unit: 'count', better: 'lower' },
    'waiting-callers': { unit: 'count', better: 'lower' },
    'dead-tokens': { unit: 'count', better: 'lower' },
    'failed-calls': { unit: 'count', better: 'lower' },
  },
  isConcurrent: true,
  quick: { rounds: 5, lifeSeconds: 20, lives: 2, callersPerSecond: 2000 },
  full: { rounds: 5, lifeSeconds: 30, lives: 3, callersPerSecond: 2000 },
  run: async (name, { lifeSeconds = 0, lives = 0, callersPerSecond = 0 }) => {
    const delayMs = 50
    const upstream = await startUpstream({ lifeSeconds, delayMs })
    const contender = (await loadContender(name)).open(upstream, 1)
    await contender.getToken(0)
    let waiting = 0
    let dead = 0
    let failed = 0
    const call = async (): Promise<void> => {
      const startedAt = performance.now()
      const token = await contender.getToken(0).catch(() => undefined)
      if (performance.now() - startedAt > delayMs / 2) waiting += 1
      if (token === undefined) failed += 1
      else if (expiryOf(token) <= Date.now()) dead += 1
    }
    // Not quite the last life, so that its end is not a matter of milliseconds.
    await callSteadily(call, callersPerSecond, (lives - 0.2) * lifeSeconds * 1000)
    const { requests } = await upstream.order({})
    await contender.close?.()
    upstream.close()
    return { requests, 'waiting-callers': waiting, 'dead-tokens': dead, 'failed-calls': failed }
  },
}
