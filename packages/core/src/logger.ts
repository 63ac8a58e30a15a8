import { accountName } from './account.js'
import type { EventHub, LingpaiEventName, LingpaiEvents } from './events.js'
import { harmlessly } from './events.js'

/** Any logger with these four methods. Fields contain neither tokens nor secrets. */
export interface Logger {
  /** Routine events. */
  debug(message: string, fields?: object): void
  /** A token was renewed. */
  info(message: string, fields?: object): void
  /** A problem that did not fail the call. */
  warn(message: string, fields?: object): void
  /** A refresh failed. */
  error(message: string, fields?: object): void
}

const levels: Readonly<Record<LingpaiEventName, keyof Logger>> = {
  refreshed: 'info',
  adopted: 'debug',
  'same-token': 'debug',
  'lifetime-assumed': 'warn',
  'served-stale': 'warn',
  rejected: 'warn',
  'refresh-failed': 'error',
  'cache-failed': 'warn',
  'cache-recovered': 'info',
  'unguarded-refresh': 'warn',
  'lease-lost': 'warn',
  'foreign-refresh': 'warn',
  closed: 'debug',
}

/**
 * Writes events to a logger. For a cache that is down, only the first failure is logged. Errors of the logger are
 * ignored.
 */
export function logEvents(hub: EventHub, logger: Logger): void {
  for (const name of Object.keys(levels) as LingpaiEventName[]) {
    hub.on(name, (event) => {
      if ('repeated' in event && event.repeated) return
      const account = 'account' in event ? accountName(event.account) : undefined
      // Some loggers are async, even if their type says otherwise.
      harmlessly((): unknown =>
        logger[levels[name]](`lingpai: ${name}${account === undefined ? '' : ` ${account}`}`, fieldsOf(event)),
      )
    })
  }
}

function fieldsOf(event: LingpaiEvents[LingpaiEventName]): object {
  if (!('error' in event)) return event
  const { name, code, message, hint } = event.error
  return { ...event, error: { name, code, message, ...(hint !== undefined && { hint }) } }
}
