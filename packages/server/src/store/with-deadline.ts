import { TransportError, type Clock } from '@lingpai/core'
import { withDeadline as inTime } from '@lingpai/core/internal'

/** Returns the result of a store's `work`, or fails after `ms`. A later result is dropped. */
export async function withDeadline<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T> {
  const late = (): TransportError =>
    new TransportError(`no response within ${ms} ms`, { provider: 'cache', phase: 'timeout' })
  return inTime(clock, ms, work, late)
}
