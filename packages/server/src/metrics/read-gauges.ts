import { accessOutcomes } from '../audit/access-log.js'
import type { ServerContext } from '../server-context.js'
import { withDeadline } from '../store/with-deadline.js'
import { labelsOf } from './count-events.js'
import type { Metrics } from './metric-definitions.js'

/** Longest wait for the cache. */
const cacheTimeoutMs = 1000

/** Sets the gauges, and the counters that are counted elsewhere, to the current state. */
export async function readGauges(metrics: Metrics, context: ServerContext): Promise<void> {
  const { access, accounts, cache, calls, clock, keys, time } = context
  const { expirySeconds, usable, failures, coolDownSeconds } = metrics
  // Removed accounts must not keep their gauges.
  for (const gauge of [expirySeconds, usable, failures, coolDownSeconds]) gauge.reset()
  const nowMs = time.nowMs()
  for (const account of accounts.all()) {
    const labels = labelsOf(account)
    const { expiresAtMs, lastFailure } = account.source.status()
    usable.set(labels, account.source.peek() === undefined ? 0 : 1)
    if (expiresAtMs !== undefined) expirySeconds.set(labels, secondsUntil(expiresAtMs, nowMs))
    coolDownSeconds.set(labels, lastFailure === undefined ? 0 : secondsUntil(lastFailure.retryAtMs, nowMs))
    if (lastFailure !== undefined) failures.set({ ...labels, class: lastFailure.errorClass }, lastFailure.failures)
  }
  metrics.access.reset()
  for (const outcome of accessOutcomes) metrics.access.inc({ outcome }, access.counts[outcome])
  metrics.forwardedCalls.reset()
  for (const { labels, count } of calls.counts.all()) metrics.forwardedCalls.inc(labels, count)
  metrics.keys.set(keys.size)
  metrics.memory.set(process.memoryUsage.rss())
  metrics.startTime.set(Math.round((clock.now() - process.uptime() * 1000) / 1000))
  const look = Promise.resolve().then(() => cache.get('lingpai:ready:1'))
  metrics.cacheUp.set(
    await withDeadline(clock, cacheTimeoutMs, look).then(
      () => 1,
      () => 0,
    ),
  )
}

function secondsUntil(atMs: number, nowMs: number): number {
  return Math.max(0, Math.round(atMs - nowMs) / 1000)
}
