import { deadlineOf, expiryOf, refreshAtOf } from '../state/local-times.js'
import { isReplaced } from '../record/record-order.js'
import type { AccountContext } from '../state/account-context.js'
import { isRejectedRecord } from '../state/account-state.js'
import { timeLeftMs } from '../time/moment.js'
import type { StoredRecord } from '../token-record.js'
import type { Demand } from './demand.js'

/**
 * The record in memory, if it meets the demand.
 *
 * @param before the record that memory held when the refresh began
 */
export function wantedRecord<C>(
  { state, clock, gate }: AccountContext<C>,
  { reason, minLifeMs, outside, onlyIfNone = false }: Demand,
  before: StoredRecord | undefined,
): StoredRecord | undefined {
  const { record, times } = state
  if (record === undefined || times === undefined || isRejectedRecord(state, record)) return undefined
  if (timeLeftMs(deadlineOf(times), clock) <= 0 || timeLeftMs(expiryOf(times), clock) < minLifeMs) return undefined
  if (onlyIfNone) return record
  if (outside !== undefined) {
    // A token requested after the call is newer than the one that the caller holds.
    const calledAtMs = gate.reckonedNowMs() - gate.msSince(outside.sentAt)
    return record.value === outside.value || record.issuedAtMs > calledAtMs ? record : undefined
  }
  if (reason === 'cold' || reason === 'rejected') return record
  if (isReplaced(before, record)) return record
  // Another process refreshed in the meantime and got the same token: the next attempt is due later.
  return reason === 'ahead' && timeLeftMs(refreshAtOf(times), clock) > 0 ? record : undefined
}
