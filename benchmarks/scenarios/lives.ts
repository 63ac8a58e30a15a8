import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager } from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { testClock } from '@lingpai/testing'
import { allContenders, loadContender, ours, yardstickName } from '../contenders/contenders.js'
import { accountId, accountSecret, type Upstream } from '../harness/contender.js'
import type { Scenario } from '../harness/scenario.js'
import { startUpstream, withoutNetwork } from '../upstream/start-upstream.js'

const lifetimes = [60, 300, 600, 1800, 7200]
const callsPerLife = 60

/** Token requests for each life of a token that is used all the time, in simulated time. */
export const lives: Scenario = {
  name: 'lives',
  contenders: [yardstickName, ...allContenders],
  leftOut: {},
  measures: Object.fromEntries(lifetimes.map((life) => [`life-of-${life}-s`, { unit: 'ratio', better: 'lower' }])),
  isConcurrent: true,
  quick: { rounds: 5, lives: 20 },
  full: { rounds: 5, lives: 40 },
  run: async (name, { lives: count = 0 }) => {
    const upstream = await startUpstream({})
    const figures: Record<string, number> = {}
    for (const lifeSeconds of lifetimes) {
      await upstream.order({ set: { lifeSeconds }, resetCounts: true })
      const offline = withoutNetwork(upstream, lifeSeconds)
      let requests = 0
      const counting: Upstream = {
        url: upstream.url,
        fetch: (...args) => {
          requests += 1
          return offline.fetch(...args)
        },
      }
      if (name === ours) await liveLingpai(counting, lifeSeconds, count)
      else await live(name, counting, lifeSeconds, count)
      requests += (await upstream.order({})).requests
      figures[`life-of-${lifeSeconds}-s`] = requests / count
    }
    upstream.close()
    return figures
  },
}

/** Lingpai takes its clock as an option. */
async function liveLingpai(upstream: Upstream, lifeSeconds: number, count: number): Promise<void> {
  const clock = testClock()
  const manager = new TokenManager({ cache: memoryCache(), fetch: upstream.fetch, clock })
  const provider = wechatMpPlain.extend({ baseUrl: upstream.url, fallbackBaseUrls: [] })
  const source = manager.source(provider, { appId: accountId(0), appSecret: accountSecret })
  for (let call = 0; call < count * callsPerLife; call += 1) {
    await source.getAccessToken()
    await clock.advance((lifeSeconds * 1000) / callsPerLife)
  }
  await manager.close()
}

/** The others read the clocks of the process, which are replaced. */
async function live(name: string, upstream: Upstream, lifeSeconds: number, count: number): Promise<void> {
  const clock = replaceClocks()
  const contender = (await loadContender(name)).open(upstream, 1)
  for (let call = 0; call < count * callsPerLife; call += 1) {
    await contender.getToken(0)
    // Some keep a reading of the clock for a millisecond.
    await new Promise((resolve) => setTimeout(resolve, 2))
    clock.skip((lifeSeconds * 1000) / callsPerLife)
  }
  await contender.close?.()
  clock.restore()
}

/** Replaces `Date` and `performance.now` by clocks that can skip time. */
function replaceClocks(): { skip(ms: number): void; restore(): void } {
  const RealDate = globalThis.Date
  const realMonotonic = performance.now.bind(performance)
  let skippedMs = 0
  const now = (): number => RealDate.now() + skippedMs
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args) => Reflect.construct(target, args.length === 0 ? [now()] : args) as Date,
    get: (target, property) => (property === 'now' ? now : (Reflect.get(target, property) as unknown)),
  })
  performance.now = () => realMonotonic() + skippedMs
  return {
    skip: (ms) => void (skippedMs += ms),
    restore: () => {
      globalThis.Date = RealDate
      performance.now = realMonotonic
    },
  }
}
