import type { SimAccount } from '../sim-account.js'
import type { GatewaySettings } from './gateway-settings.js'

const dayMs = 86_400_000
/** The period to which `max_concurrency` applies: https://bot.q.qq.com/wiki/develop/api-v2/event-emit/websocket.html (read 2026-11-20). */
const paceMs = 5000

/** Counts session starts as the platform does. */
export interface StartLimit {
  /** Counts a start. @returns why it is rejected, or `undefined` */
  take(account: SimAccount): 'exhausted' | 'too-fast' | undefined
  /** Remaining starts, and platform milliseconds until all are available again. */
  left(account: SimAccount): { readonly remaining: number; readonly resetAfterMs: number }
}

/** Creates a limit without any start. */
export function startLimit(nowMs: () => number, settings: () => GatewaySettings): StartLimit {
  const starts = new Map<SimAccount, { day: number; count: number; recentMs: number[] }>()
  const countsOf = (account: SimAccount): { day: number; count: number; recentMs: number[] } => {
    const known = starts.get(account) ?? { day: 0, count: 0, recentMs: [] }
    const day = Math.floor(nowMs() / dayMs)
    if (known.day !== day) Object.assign(known, { day, count: 0 })
    starts.set(account, known)
    return known
  }
  return {
    take: (account) => {
      const counts = countsOf(account)
      const { startsPerDay, maxConcurrency } = settings()
      const isExhausted = counts.count >= startsPerDay
      counts.recentMs = counts.recentMs.filter((atMs) => nowMs() - atMs < paceMs)
      const isTooFast = counts.recentMs.length >= maxConcurrency
      counts.count++
      counts.recentMs.push(nowMs())
      return isExhausted ? 'exhausted' : isTooFast ? 'too-fast' : undefined
    },
    left: (account) => ({
      remaining: Math.max(0, settings().startsPerDay - countsOf(account).count),
      resetAfterMs: dayMs - (nowMs() % dayMs),
    }),
  }
}
