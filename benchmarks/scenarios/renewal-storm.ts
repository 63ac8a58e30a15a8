import { monitorEventLoopDelay } from 'node:perf_hooks'
import { loadContender, yardstickName } from '../contenders/contenders.js'
import type { OpenContender } from '../harness/contender.js'
import { callSteadily } from '../harness/call-steadily.js'
import type { Scenario } from '../harness/scenario.js'
import { startUpstream } from '../upstream/start-upstream.js'

/**
 * Thousands of accounts that got their first token at one moment, over several lives. Libraries with a background refresh use it;
 * of the others, each account is called every two seconds. Upstream takes 50 ms.
 */
export const renewalStorm: Scenario = {
  name: 'renewal-storm',
  contenders: [
    yardstickName,
    'Lingpai',
    'tnwx',
    'google-auth-library',
    'simple-oauth2',
    'keyv',
    'cacheable',
    'bentocache',
    'p-memoize',
    'lru-cache',
  ],
  leftOut: {
    'node-easywechat': 'one-client-for-each-account',
    'co-wechat-api': 'one-client-for-each-account',
    '@larksuiteoapi/node-sdk': 'its-margin-is-longer-than-the-life',
    '@azure/msal-node': 'its-margin-is-longer-than-the-life',
  },
  measures: {
    'most-requests-at-once': { unit: 'count', better: 'lower' },
    'requests-a-life': { unit: 'ratio', better: 'lower' },
    'longest-block': { unit: 'ms', better: 'lower' },
  },
  quick: { rounds: 1, accounts: 1000, lifeSeconds: 20, lives: 2 },
  full: { rounds: 5, accounts: 5000, lifeSeconds: 40, lives: 3 },
  run: async (name, { accounts = 0, lifeSeconds = 0, lives = 0 }) => {
    const upstream = await startUpstream({ lifeSeconds, delayMs: 50 })
    const contender = (await loadContender(name)).open(upstream, accounts)
    await startAll(contender, accounts)
    const { requests: first } = await upstream.order({})
    await upstream.order({ resetCounts: true })
    const delay = monitorEventLoopDelay({ resolution: 5 })
    delay.enable()
    const forMs = lifeSeconds * lives * 1000
    const { startBackground } = contender
    if (startBackground === undefined) {
      let next = 0
      const call = async (): Promise<void> => {
        next += 1
        await contender.getToken(next % accounts).catch(() => undefined)
      }
      await callSteadily(call, accounts / 2, forMs)
    } else {
      for (let account = 0; account < accounts; account += 1) startBackground(account)
      await new Promise((resolve) => setTimeout(resolve, forMs))
    }
    delay.disable()
    const { mostAtOnce, requests } = await upstream.order({})
    await contender.close?.()
    upstream.close()
    return {
      'most-requests-at-once': mostAtOnce,
      'requests-a-life': (requests + Math.max(0, first - accounts)) / (accounts * lives),
      'longest-block': delay.max / 1e6,
    }
  },
}

/** Gets the first token of each account, 50 at once. */
async function startAll(contender: OpenContender, accounts: number): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    for (let account = next++; account < accounts; account = next++) await contender.getToken(account)
  }
  await Promise.all(Array.from({ length: 50 }, lane))
}
