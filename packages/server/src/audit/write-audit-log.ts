import type { FastifyBaseLogger } from 'fastify'
import type { AccountFeed } from '../accounts/account-feed.js'
import type { TimelineEventName } from './timeline-event.js'

const levels: Readonly<Record<TimelineEventName, 'debug' | 'info' | 'warn' | 'error'>> = {
  refreshed: 'info',
  'same-token': 'info',
  adopted: 'debug',
  rejected: 'warn',
  'refresh-failed': 'error',
  'lease-lost': 'warn',
  'foreign-refresh': 'warn',
  'served-stale': 'warn',
  'lifetime-assumed': 'warn',
}

/** Logs one line for each event of a token: cause, reason and generation, but never the token. */
export function writeAuditLog(feed: AccountFeed, log: FastifyBaseLogger): void {
  feed.on(({ account: { name, provider }, event }) => {
    log[levels[event.event]]({ audit: true, account: name, provider: provider.id, ...event }, `${event.event} ${name}`)
  })
}
