import type { Logger } from '@lingpai/core'
import { toDispatch, type GatewayDispatch } from '../events/gateway-dispatch.js'
import { namesOf } from '../events/seen-events.js'
import type { GatewayPayload } from '../gateway/payload.js'
import { harmlessly } from './harmlessly.js'
import type { RecentEvents } from './recent-events.js'
import type { SharedEvents } from './shared-events.js'

/** What an intake is made of. */
export interface EventIntakeOptions {
  readonly onDispatch: (dispatch: GatewayDispatch) => unknown
  readonly acknowledge: 'received' | 'handled'
  readonly recent: RecentEvents
  /** Where instances share what they have seen. */
  readonly shared: SharedEvents | undefined
  readonly logger: Logger | undefined
}

/**
 * Takes an event that is the platform's; never rejects.
 *
 * @param signed its timestamp and signature: an event without an id is known by them
 * @returns whether it is acknowledged; otherwise the platform sends it again
 */
export type EventIntake = (payload: GatewayPayload, signed: string) => Promise<boolean>

/** Hands events out: each once and acknowledged before, or acknowledged once its handler is done and until then again. */
export function eventIntake(options: EventIntakeOptions): EventIntake {
  const { recent } = options
  const take = options.acknowledge === 'handled' ? handleFirst : acknowledgeFirst
  /** Events that are being taken: the platform sends an event again while its handler still works. */
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

/** At most once: an event that the process dies over does not come again. */
async function acknowledgeFirst(
  { onDispatch, shared, logger }: EventIntakeOptions,
  dispatch: GatewayDispatch,
  name: string,
): Promise<boolean> {
  if (shared !== undefined && !(await shared.add(name))) return true
  harmlessly(
    () => onDispatch(dispatch),
    () => tell(logger, dispatch),
  )
  return true
}

/** At least once: only what was handled is noted and acknowledged. */
async function handleFirst(
  { onDispatch, shared, logger }: EventIntakeOptions,
  dispatch: GatewayDispatch,
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

function tell(logger: Logger | undefined, { type }: GatewayDispatch): unknown {
  return logger?.error('lingpai: qq webhook: the listener failed', { type })
}
