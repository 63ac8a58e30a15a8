import { allContenders, loadContender } from '../contenders/contenders.js'
import { keptPromise } from '../contenders/kept-promise.js'
import type { OpenContender } from '../harness/contender.js'
import type { Scenario } from '../harness/scenario.js'
import { median } from '../harness/statistics.js'
import { startUpstream, withoutNetwork } from '../upstream/start-upstream.js'

/** Growth of the heap for each warm call of one account, against a kept promise in the same process. */
export const bytes: Scenario = {
  name: 'bytes',
  contenders: allContenders,
  leftOut: {},
  measures: {
    'to-yardstick': { unit: 'ratio', better: 'lower' },
    'above-yardstick': { unit: 'bytes', better: 'lower' },
  },
  nodeFlags: ['--expose-gc', '--max-semi-space-size=128'],
  quick: { rounds: 5, calls: 2000, batches: 11 },
  full: { rounds: 5, calls: 2000, batches: 31 },
  run: async (name, { calls = 0, batches = 0 }) => {
    const upstream = await startUpstream({})
    const offline = withoutNetwork(upstream)
    const base = keptPromise.open(offline, 1)
    const contender = (await loadContender(name)).open(offline, 1)
    // Until both are compiled, so that the compiler's own memory is not counted.
    for (const one of [base, contender]) await callOften(one, 20 * calls)
    const seen: { readonly base: number; readonly contender: number }[] = []
    for (let batch = 0; batch < batches; batch += 1) {
      seen.push({ base: await bytesPerCall(base, calls), contender: await bytesPerCall(contender, calls) })
    }
    await contender.close?.()
    upstream.close()
    const baseBytes = median(seen.map((one) => one.base))
    const bytesOfContender = median(seen.map((one) => one.contender))
    return {
      'to-yardstick': bytesOfContender / baseBytes,
      'above-yardstick': Math.max(0, Math.round(bytesOfContender - baseBytes)),
    }
  },
}

async function callOften({ getToken }: OpenContender, calls: number): Promise<void> {
  for (let call = 0; call < calls; call += 1) await getToken(0)
}

async function bytesPerCall(contender: OpenContender, calls: number): Promise<number> {
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  await callOften(contender, calls)
  return (process.memoryUsage().heapUsed - before) / calls
}
