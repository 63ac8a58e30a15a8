import { accountName } from './account.js'
import type { EventHub, LingpaiEventName, LingpaiEvents } from './events.js'
import { harmlessly } from './events.js'

/** Any logger with these four. Fields hold no token and no secret. */
export interface Logger {
  /** What happens all the time. */
  debug(message: string, fields?: object): void
  /** A token was renewed. */
  info(message: string, fields?: object): void
  /** Something was survived. */
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

/** Writes events to a logger; of a cache that is down, the first failure only. Errors of the logger are ignored. */
export function logEvents(hub: EventHub, logger: Logger): void {
  for (const name of Object.keys(levels) as LingpaiEventName[]) {
    hub.on(name, (event) => {
      if ('repeated' in event && event.repeated) return
      const account = 'account' in event ? accountName(event.account) : undefined
      // Some loggers are async, whatever their type says.
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
