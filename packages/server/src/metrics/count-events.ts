import type { RefreshReason } from '@lingpai/core'
import type { AccountNews } from '../account-feed.js'
import type { ServedAccount } from '../served-account.js'
import type { ServerContext } from '../server-context.js'
import type { Metrics } from './metric-definitions.js'

const reasons: readonly RefreshReason[] = ['cold', 'ahead', 'rejected', 'requested']

/** What came of a request for a token, by the event that tells. */
const outcomes = {
  refreshed: 'refreshed',
  'same-token': 'same-token',
  'refresh-failed': 'failed',
  'lease-lost': 'lease-lost',
} as const

/** Labels that name an account. */
export function labelsOf({ provider, name }: ServedAccount): { readonly provider: string; readonly account: string } {
  return { provider: provider.id, account: name }
}

/** Counts what happens. @returns Ends it. */
export function countEvents(metrics: Metrics, { accounts, feed, manager }: ServerContext): () => void {
  accounts.all().forEach((account) => {
    startAtZero(metrics, account)
  })
  const ends = [
    feed.on((news) => {
      count(metrics, news)
    }),
    manager.on('cache-failed', ({ error }) => {
      metrics.cacheFailures.inc({ operation: error.details.operation })
    }),
    accounts.onChange(({ added }) => {
      for (const account of added) startAtZero(metrics, account)
    }),
  ]
  return () => {
    for (const end of ends) end()
  }
}

/** A counter that appears with its first event has no increase that an alert could see. */
function startAtZero(metrics: Metrics, account: ServedAccount): void {
  const labels = labelsOf(account)
  for (const reason of reasons)
    for (const outcome of ['refreshed', 'failed']) metrics.refreshes.inc({ ...labels, reason, outcome }, 0)
  for (const counter of [metrics.adoptions, metrics.servedStale, metrics.foreignRefreshes]) counter.inc(labels, 0)
}

function count(metrics: Metrics, { account, event }: AccountNews): void {
  const labels = labelsOf(account)
  const { ticket, reason = 'cold', platform_code: code = 'none' } = event
  switch (event.event) {
    case 'refreshed':
    case 'same-token':
    case 'refresh-failed':
    case 'lease-lost': {
      const outcome = outcomes[event.event]
      if (ticket !== undefined) {
        metrics.ticketRefreshes.inc({ ...labels, ticket, reason, outcome })
        return
      }
      metrics.refreshes.inc({ ...labels, reason, outcome })
      if (event.duration_ms !== undefined) metrics.refreshSeconds.observe(labels, event.duration_ms / 1000)
      return
    }
    case 'adopted':
      if (ticket === undefined) metrics.adoptions.inc(labels)
      return
    case 'rejected':
      // A code is in the provider's table, or nothing would have come of it: there are few of them.
      if (ticket === undefined) metrics.rejections.inc({ ...labels, code: String(code) })
      return
    case 'served-stale':
      metrics.servedStale.inc(labels)
      return
    case 'foreign-refresh':
      metrics.foreignRefreshes.inc(labels)
      return
    // In the timeline and the log: it is about the platform's data, not about how refreshes go.
    case 'lifetime-assumed':
  }
}
