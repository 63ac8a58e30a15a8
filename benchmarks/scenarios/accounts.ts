import { monitorEventLoopDelay } from 'node:perf_hooks'
import { loadContender, ofManyAccounts } from '../contenders/contenders.js'
import { callSteadily } from '../harness/call-steadily.js'
import { accountId, type OpenContender, type Upstream } from '../harness/contender.js'
import { fetchToken } from '../contenders/fetch-token.js'
import type { Scenario } from '../harness/scenario.js'
import { expiryOf, startUpstream, withoutNetwork } from '../upstream/start-upstream.js'

/**
 * Heap of a warm account, beside a `Map` entry of key, token and expiry in the same process; and for those with a background refresh,
 * what it adds, the timers, and the delay of the event loop while all accounts renew.
 */
export const accounts: Scenario = {
  name: 'accounts',
  ...ofManyAccounts,
  measures: {
    'heap-to-map-entry': { unit: 'ratio', better: 'lower' },
    heap: { unit: 'bytes', better: 'lower' },
    'heap-for-background': { unit: 'bytes', better: 'lower' },
    timers: { unit: 'count', better: 'lower' },
    'renewed-in-time': { unit: 'ratio', better: 'higher' },
    'dead-tokens': { unit: 'count', better: 'lower' },
    'event-loop-delay-p99': { unit: 'ms', better: 'lower' },
  },
  nodeFlags: ['--expose-gc', '--max-old-space-size=4096'],
  quick: { rounds: 5, accounts: 20_000, lifeSeconds: 0 },
  full: { rounds: 5, accounts: 100_000, lifeSeconds: 120 },
  run: async (name, { accounts: count = 0, lifeSeconds = 0 }) => {
    const upstream = await startUpstream({ lifeSeconds })
    const offline = withoutNetwork(upstream)
    // Each is rehearsed first: what its first use loads and compiles is not a part of an account.
    await mapOfTokens(offline, rehearsed)
    const mapBytes = await bytesOf(async () => mapOfTokens(offline, count), count)
    const timers = countTimers()
    const library = await loadContender(name)
    const rehearsal = library.open(offline, rehearsed)
    await warmUp(rehearsal, rehearsed)
    await rehearsal.close?.()
    let contender: OpenContender | undefined
    const heap = await bytesOf(async () => {
      contender = library.open(offline, count)
      await warmUp(contender, count)
      return contender
    }, count)
    const figures: Record<string, number> = { 'heap-to-map-entry': heap / mapBytes, heap: Math.round(heap) }
    const { startBackground } = contender!
    if (startBackground !== undefined) {
      const more = await bytesOf(async () => {
        for (let account = 0; account < count; account += 1) startBackground(account)
        await new Promise((resolve) => setTimeout(resolve, 1000))
      }, count)
      figures['heap-for-background'] = Math.round(more)
      figures['timers'] = timers.count()
    }
    await contender?.close?.()
    if (startBackground !== undefined && lifeSeconds > 0) {
      Object.assign(figures, await renewAll(name, upstream, count, lifeSeconds))
    }
    upstream.close()
    return figures
  },
}

/** Accounts of a rehearsal, until all is compiled. */
const rehearsed = 5000

/** @returns the bytes for each account that stay after `build` */
async function bytesOf(build: () => Promise<unknown>, count: number): Promise<number> {
  const before = await settledHeap()
  const kept = await build()
  const after = await settledHeap()
  return kept === null ? Number.NaN : (after - before) / count
}

async function settledHeap(): Promise<number> {
  for (let time = 0; time < 3; time += 1) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return process.memoryUsage().heapUsed
}

async function mapOfTokens(upstream: Upstream, count: number): Promise<Map<string, object>> {
  const tokens = new Map<string, object>()
  for (let account = 0; account < count; account += 1) {
    const { value, keepMs } = await fetchToken(upstream, account)
    tokens.set(accountId(account), { value, untilMs: Date.now() + keepMs })
  }
  return tokens
}

async function warmUp(contender: OpenContender, count: number): Promise<void> {
  for (let account = 0; account < count; account += 1) await contender.getToken(account)
}

/** Counts the timers that are armed from now on and have neither fired nor been cancelled. */
function countTimers(): { count(): number } {
  const armed = new Set<unknown>()
  const { setTimeout: arm, clearTimeout: cancel, setInterval: armOften, clearInterval: cancelOften } = globalThis
  const counted = (callback: () => void, delayMs?: number): NodeJS.Timeout => {
    const timer = arm(() => {
      armed.delete(timer)
      callback()
    }, delayMs)
    armed.add(timer)
    return timer
  }
  globalThis.setTimeout = Object.assign(counted, arm)
  globalThis.clearTimeout = (timer) => {
    armed.delete(timer)
    cancel(timer)
  }
  const countedOften = (callback: () => void, delayMs?: number): NodeJS.Timeout => {
    const timer = armOften(callback, delayMs)
    armed.add(timer)
    return timer
  }
  globalThis.setInterval = Object.assign(countedOften, armOften)
  globalThis.clearInterval = (timer) => {
    armed.delete(timer)
    cancelOften(timer)
  }
  return { count: () => armed.size }
}

/**
 * All accounts get their first token within a minute, and renew over the network within about another, beside 200 callers a second: all
 * at one moment would measure nothing but how fast the network is.
 */
async function renewAll(
  name: string,
  upstream: Upstream,
  count: number,
  lifeSeconds: number,
): Promise<Readonly<Record<string, number>>> {
  const short = withoutNetwork(upstream, lifeSeconds)
  let fetch = short.fetch
  const contender = (await loadContender(name)).open({ url: upstream.url, fetch: (...args) => fetch(...args) }, count)
  let next = 0
  const start = async (): Promise<void> => {
    await contender.getToken(next++ % count)
  }
  await callSteadily(start, count / 60, 60_000)
  await warmUp(contender, count)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  let asked = 0
  let renewed = 0
  // Only from the first renewal to the last: the rest of the life is idle.
  fetch = async (...args) => {
    if (asked === 0) delay.enable()
    asked += 1
    const response = await upstream.fetch(...args)
    renewed += 1
    if (renewed === count) delay.disable()
    return response
  }
  for (let account = 0; account < count; account += 1) contender.startBackground?.(account)
  let dead = 0
  const call = async (): Promise<void> => {
    const token = await contender.getToken(Math.floor(Math.random() * count))
    if (expiryOf(token) <= Date.now()) dead += 1
  }
  await callSteadily(call, 200, lifeSeconds * 1000)
  delay.disable()
  await contender.close?.()
  return {
    'renewed-in-time': Math.min(1, renewed / count),
    'dead-tokens': dead,
    'event-loop-delay-p99': delay.percentile(99) / 1e6,
  }
}
