import { loadContender, allContenders } from '../contenders/contenders.js'
import { keptPromise } from '../contenders/kept-promise.js'
import type { OpenContender, Upstream } from '../harness/contender.js'
import type { Scenario } from '../harness/scenario.js'
import { median } from '../harness/statistics.js'
import { startUpstream, withoutNetwork } from '../upstream/start-upstream.js'

/**
 * Warm calls in a second of processor time, as a share of what awaiting a kept promise does in the same process: of one account, and
 * of a random one of many. Both are timed in turn.
 */
export const hotPath: Scenario = {
  name: 'hot-path',
  contenders: allContenders,
  leftOut: {},
  measures: {
    'one-account': { unit: 'ratio', better: 'higher' },
    'random-of-10000': { unit: 'ratio', better: 'higher' },
    'random-of-100000': { unit: 'ratio', better: 'higher' },
  },
  quick: { rounds: 5, sliceMs: 40, pairs: 5, mostAccounts: 100_000 },
  full: { rounds: 5, sliceMs: 150, pairs: 9, mostAccounts: 100_000 },
  run: async (name, { sliceMs = 0, pairs = 0, mostAccounts = 0 }) => {
    const upstream = await startUpstream({})
    const figures: Record<string, number> = {}
    for (const accounts of [1, 10_000, 100_000]) {
      if (accounts > mostAccounts) continue
      // A client object for each account takes a request over the network to warm up; a hundred thousand take minutes.
      const isLarge = accounts > 10_000
      if (isLarge && !warmsUpWithoutNetwork.includes(name)) continue
      const measure = accounts === 1 ? 'one-account' : `random-of-${accounts}`
      figures[measure] = await ratio(name, accounts, withoutNetwork(upstream), sliceMs, pairs)
    }
    upstream.close()
    return figures
  },
}

const warmsUpWithoutNetwork = [
  'Lingpai',
  'tnwx',
  '@azure/msal-node',
  'keyv',
  'cacheable',
  'bentocache',
  'p-memoize',
  'lru-cache',
]

async function ratio(
  name: string,
  accounts: number,
  upstream: Upstream,
  sliceMs: number,
  pairs: number,
): Promise<number> {
  const base = keptPromise.open(upstream, accounts)
  const contender = (await loadContender(name)).open(upstream, accounts)
  // Long enough that hardly an account is left out; each slice goes on where the one before ended.
  const order = Uint32Array.from({ length: 524_288 }, () => Math.floor(Math.random() * accounts))
  for (const one of [base, contender]) await warmUp(one, accounts)
  const ofBase = { called: base, place: 0 }
  const ofContender = { called: contender, place: 0 }
  const ratios: number[] = []
  for (let pair = 0; pair < pairs + 2; pair += 1) {
    const isBaseFirst = pair % 2 === 0
    const first = await callsPerMs(isBaseFirst ? ofBase : ofContender, order, sliceMs)
    const second = await callsPerMs(isBaseFirst ? ofContender : ofBase, order, sliceMs)
    if (pair >= 2) ratios.push(isBaseFirst ? second / first : first / second)
  }
  await base.close?.()
  await contender.close?.()
  return median(ratios)
}

/** Gets each account's token, a few accounts at once and in turn, so that libraries with one current account keep up. */
async function warmUp(contender: OpenContender, accounts: number): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    for (let account = next++; account < accounts; account = next++) await contender.getToken(account)
  }
  await Promise.all(Array.from({ length: 16 }, lane))
}

/** Something that is called, and how far in the order of accounts. */
interface Walk {
  readonly called: OpenContender
  place: number
}

/** Calls per millisecond of processor time, which the load of the machine hardly changes. */
async function callsPerMs(walk: Walk, order: Uint32Array, sliceMs: number): Promise<number> {
  const { getToken } = walk.called
  const from = walk.place
  const before = process.cpuUsage()
  let calls = 0
  let ms = 0
  for (let batch = 16; ms < sliceMs; batch = Math.min(batch * 2, 8192)) {
    for (let call = 0; call < batch; call += 1) await getToken(order[(from + calls + call) % order.length]!)
    calls += batch
    const { user, system } = process.cpuUsage(before)
    ms = (user + system) / 1000
  }
  walk.place = (from + calls) % order.length
  return calls / ms
}
