import { TokenManager, type IAccessTokenCache } from '@lingpai/core'
import { memoryCache } from '@lingpai/cache-memory'
import { qqBot } from '@lingpai/provider-qq-bot'
import { startSimulator } from '@lingpai/testing/simulator'

/**
 * The hot path against the least that any token cache must do: a `Map.get`, reading the clock, and awaiting a stored promise.
 * Both are timed in turn in one run. Compare the ratio, not the absolute figures. Allocation is the growth of the heap per call,
 * above that of the baseline.
 *
 * node --expose-gc --conditions=@lingpai/source --import tsx benchmarks/hot-path.ts
 */
const callsPerRound = 200_000
const rounds = 25

const simulator = await startSimulator()
const cache: IAccessTokenCache = memoryCache()
const manager = new TokenManager({ cache })
const source = manager.source(simulator.provider(qqBot), simulator.accounts.qq)
const token = await source.getAccessToken()

const kept = new Map([['account', { promise: Promise.resolve(token), expiresAtMs: Date.now() + 7_000_000 }]])

async function baseline(): Promise<number> {
  let length = 0
  for (let call = 0; call < callsPerRound; call += 1) {
    const entry = kept.get('account')
    if (entry !== undefined && Date.now() < entry.expiresAtMs) length += (await entry.promise).length
  }
  return length
}

async function lingpai(): Promise<number> {
  let length = 0
  for (let call = 0; call < callsPerRound; call += 1) length += (await source.getAccessToken()).length
  return length
}

interface Round {
  readonly callsPerMs: number
  readonly bytesPerCall: number
}

async function measure(run: () => Promise<number>): Promise<Round> {
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  const startedAt = performance.now()
  await run()
  const ms = performance.now() - startedAt
  return { callsPerMs: callsPerRound / ms, bytesPerCall: (process.memoryUsage().heapUsed - before) / callsPerRound }
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN

const pairs: { readonly base: Round; readonly ours: Round }[] = []
for (let round = 0; round < rounds + 5; round += 1) {
  const isOursFirst = round % 2 === 0
  const first = await measure(isOursFirst ? lingpai : baseline)
  const second = await measure(isOursFirst ? baseline : lingpai)
  if (round >= 5) pairs.push(isOursFirst ? { ours: first, base: second } : { ours: second, base: first })
}
const ratios = pairs.map(({ ours, base }) => ours.callsPerMs / base.callsPerMs)
const spread = [...ratios].sort((a, b) => a - b)
process.stdout.write(
  `${[
    `hot path, ${rounds} paired rounds of ${callsPerRound} calls, node ${process.version}`,
    `baseline      ${median(pairs.map(({ base }) => base.callsPerMs)).toFixed(0)} calls/ms`,
    `getAccessToken ${median(pairs.map(({ ours }) => ours.callsPerMs)).toFixed(0)} calls/ms`,
    `ratio         ${median(ratios).toFixed(3)} (min ${spread[0]?.toFixed(3)}, max ${spread.at(-1)?.toFixed(3)}; wanted at least 0.9)`,
    `bytes a call above the baseline  ${(median(pairs.map(({ ours }) => ours.bytesPerCall)) - median(pairs.map(({ base }) => base.bytesPerCall))).toFixed(2)}`,
    `upstream requests  ${simulator.ledger.tokenRequests()}`,
  ].join('\n')}\n`,
)
await manager.close()
await simulator.close()
