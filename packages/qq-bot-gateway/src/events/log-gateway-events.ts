import type { Logger } from '@lingpai/core'
import type { EventHub } from './event-hub.js'
import type { QQBotGatewayEventName } from './gateway-events.js'

const levels = {
  connected: 'debug',
  disconnected: 'warn',
  reconnecting: 'info',
  waiting: 'warn',
  error: 'error',
  ready: 'info',
  resumed: 'info',
} as const satisfies Partial<Record<QQBotGatewayEventName, keyof Logger>>

/** Logs the state of the connection. The content of messages is never logged. */
export function logGatewayEvents(hub: EventHub, logger: Logger): void {
  for (const name of Object.keys(levels) as (keyof typeof levels)[]) {
    // Some loggers return a promise, whatever their type says.
    const write: (message: string, fields: object) => unknown = (message, fields) =>
      logger[levels[name]](message, fields)
    hub.on(name, (event) => {
      const fields = 'code' in event && 'name' in event ? errorFields(event) : { ...event, user: undefined }
      return write(`lingpai: qq gateway: ${name}`, fields)
    })
  }
}

function errorFields({
  name,
  code,
  message,
  hint,
}: {
  name: string
  code: string
  message: string
  hint?: string
}): object {
  return { name, code, message, ...(hint !== undefined && { hint }) }
}
