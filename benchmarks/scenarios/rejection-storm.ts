import { allContenders, loadContender, yardstickName } from '../contenders/contenders.js'
import type { Scenario } from '../harness/scenario.js'
import { startUpstream } from '../upstream/start-upstream.js'

/** Fifty callers use a token that was revoked, over a fifth of a second; each does what its library offers, and calls once more. */
export const rejectionStorm: Scenario = {
  name: 'rejection-storm',
  contenders: [yardstickName, ...allContenders.filter((name) => name !== '@larksuiteoapi/node-sdk')],
  leftOut: { '@larksuiteoapi/node-sdk': 'no-way-to-replace-a-rejected-token' },
  measures: {
    requests: { unit: 'count', better: 'lower' },
    'failed-calls': { unit: 'count', better: 'lower' },
  },
  isConcurrent: true,
  quick: { rounds: 5, callers: 50, overMs: 200 },
  full: { rounds: 9, callers: 50, overMs: 200 },
  run: async (name, { callers = 0, overMs = 0 }) => {
    const upstream = await startUpstream({ delayMs: 30 })
    const contender = (await loadContender(name)).open(upstream, 1)
    const isAccepted = async (token: string): Promise<boolean> => {
      const response = await fetch(`${upstream.url}/api?access_token=${token}`)
      return ((await response.json()) as { readonly errcode: number }).errcode === 0
    }
    const token = await contender.getToken(0)
    await isAccepted(token)
    await upstream.order({ revokeAll: true, resetCounts: true })
    let failed = 0
    const call = async (index: number): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, (index * overMs) / callers))
      if (await isAccepted(token)) return
      const other = await contender.replaceRejected?.(0, token)
      if (other === undefined || !(await isAccepted(other))) failed += 1
    }
    await Promise.all(Array.from({ length: callers }, (_, index) => call(index)))
    const { requests } = await upstream.order({})
    await contender.close?.()
    upstream.close()
    return { requests, 'failed-calls': failed }
  },
}
