import type { RefreshReason } from '@lingpai/core'
import type { AccountEvent } from '../accounts/account-feed.js'
import type { ServedAccount } from '../accounts/served-account.js'
import type { ServerContext } from '../server-context.js'
import type { Metrics } from './metric-definitions.js'

const reasons: readonly RefreshReason[] = ['cold', 'ahead', 'rejected', 'requested']

/** The outcome of a token request, by event. */
const outcomes = {
  refreshed: 'refreshed',
  'same-token': 'same-token',
  'refresh-failed': 'failed',
  'lease-lost': 'lease-lost',
} as const

/** Returns the labels of an account. */
export function labelsOf({ provider, name }: ServedAccount): { readonly provider: string; readonly account: string } {
  return { provider: provider.id, account: name }
}

/** Counts the events of the accounts. @returns stops counting */
export function countEvents(metrics: Metrics, { accounts, calls, feed, manager }: ServerContext): () => void {
  accounts.all().forEach((account) => {
    startAtZero(metrics, account)
  })
  const ends = [
    // First, because a register of the program's own may fail.
    accounts.onChange(({ added }) => {
      for (const account of added) startAtZero(metrics, account)
    }),
    feed.on((event) => {
      count(metrics, event)
    }),
    calls.on(({ account, seconds }) => {
      metrics.forwardSeconds.observe(labelsOf(account), seconds)
    }),
    manager.on('cache-failed', ({ error }) => {
      metrics.cacheFailures.inc({ operation: error.details.operation })
    }),
  ]
  return () => {
    for (const end of ends) end()
  }
}

/** Creates the counters with value 0: an alert sees no increase in a counter that appears with its first event. */
function startAtZero(metrics: Metrics, account: ServedAccount): void {
  const labels = labelsOf(account)
  for (const reason of reasons)
    for (const outcome of ['refreshed', 'failed']) metrics.refreshes.inc({ ...labels, reason, outcome }, 0)
  for (const counter of [metrics.adoptions, metrics.servedStale, metrics.foreignRefreshes]) counter.inc(labels, 0)
}

function count(metrics: Metrics, { account, event }: AccountEvent): void {
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
      // Only codes of the provider's table arrive here, so there are few label values.
      if (ticket === undefined) metrics.rejections.inc({ ...labels, code: String(code) })
      return
    case 'served-stale':
      metrics.servedStale.inc(labels)
      return
    case 'foreign-refresh':
      metrics.foreignRefreshes.inc(labels)
      return
    // Only in the timeline and the log: it concerns the platform's data and not the refresh.
    case 'lifetime-assumed':
  }
}
