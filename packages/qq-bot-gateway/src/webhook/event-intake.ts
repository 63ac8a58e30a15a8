import type { Logger } from '@lingpai/core'
import { toDispatch, type QQBotDispatch } from '../events/qq-bot-dispatch.js'
import { namesOf } from '../events/seen-events.js'
import type { QQBotGatewayPayload } from '../gateway/payload.js'
import { harmlessly } from './harmlessly.js'
import type { RecentEvents } from './recent-events.js'
import type { SharedEvents } from './shared-events.js'

/** What an intake needs. */
export interface EventIntakeOptions {
  readonly onDispatch: (dispatch: QQBotDispatch) => unknown
  readonly acknowledge: 'received' | 'handled'
  readonly recent: RecentEvents
  /** The events that other instances have seen. */
  readonly shared: SharedEvents | undefined
  readonly logger: Logger | undefined
}

/**
 * Accepts a verified event; never rejects.
 *
 * @param signed timestamp and signature, which identify an event without an id
 * @returns whether to acknowledge the event; otherwise the platform sends it again
 */
export type EventIntake = (payload: QQBotGatewayPayload, signed: string) => Promise<boolean>

/** Hands events out: acknowledged first and handed out once, or acknowledged after the handler succeeded and repeated until then. */
export function eventIntake(options: EventIntakeOptions): EventIntake {
  const { recent } = options
  const take = options.acknowledge === 'handled' ? handleFirst : acknowledgeFirst
  /** Events in progress: the platform may send an event again while its handler is running. */
  const running = new Map<string, Promise<boolean>>()
  return (payload, signed) => {
    const dispatch = toDispatch(payload)
    const own = namesOf(dispatch)
    const names = own.length > 0 ? own : [`signed:${signed}`]
    if (recent.has(names)) return Promise.resolve(true)
    const name = names.at(-1) ?? signed
    const run =
      running.get(name) ??
      take(options, dispatch, name)
        .then((isAcknowledged) => {
          if (isAcknowledged) recent.add(names)
          return isAcknowledged
        })
        .finally(() => running.delete(name))
    running.set(name, run)
    return run
  }
}

/** At most once: an event is lost if the process dies while handling it. */
async function acknowledgeFirst(
  { onDispatch, shared, logger }: EventIntakeOptions,
  dispatch: QQBotDispatch,
  name: string,
): Promise<boolean> {
  if (shared !== undefined && !(await shared.add(name))) return true
  harmlessly(
    () => onDispatch(dispatch),
    () => tell(logger, dispatch),
  )
  return true
}

/** At least once: an event is recorded and acknowledged after it was handled. */
async function handleFirst(
  { onDispatch, shared, logger }: EventIntakeOptions,
  dispatch: QQBotDispatch,
  name: string,
): Promise<boolean> {
  if (shared !== undefined && (await shared.has(name))) return true
  try {
    await onDispatch(dispatch)
  } catch {
    harmlessly(() => tell(logger, dispatch))
    return false
  }
  await shared?.add(name)
  return true
}

function tell(logger: Logger | undefined, { type }: QQBotDispatch): unknown {
  return logger?.error('lingpai: qq webhook: the listener failed', { type })
}
