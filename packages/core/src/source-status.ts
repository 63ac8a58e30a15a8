import type { Account } from './account.js'
import type { AccountContext } from './account-context.js'
import { hasCome, isRejected, timeLeftMs } from './cell.js'
import type { FailureRecord } from './failure-record.js'
import type { FailureSummary, SourceStatus } from './token-source.js'

/** The status of an account, from memory alone. */
export function statusOf<C>(account: Account, context: AccountContext<C> | undefined, isKept: boolean): SourceStatus {
  const { record, times, failure } = context?.cell ?? {}
  const refreshAtMs = context === undefined || times === undefined ? undefined : Math.round(times.soft.wall)
  return {
    state: stateOf(context),
    account,
    isKept,
    ...(record && { generation: record.generation, issuedAtMs: record.issuedAtMs, expiresAtMs: record.expiresAtMs }),
    ...(refreshAtMs !== undefined && { refreshAtMs }),
    ...(failure && { lastFailure: summaryOf(failure) }),
  }
}

function stateOf<C>(context: AccountContext<C> | undefined): SourceStatus['state'] {
  if (context === undefined) return 'none'
  const { cell, clock } = context
  if (cell.flight !== undefined) return 'refreshing'
  const isUsable = cell.times !== undefined && !isRejected(cell) && timeLeftMs(cell.times.expiry, clock) > 0
  if (isUsable && cell.times !== undefined) return hasCome(cell.times.soft, clock) ? 'expiring' : 'valid'
  if (cell.failure !== undefined) return 'failing'
  return cell.record === undefined ? 'none' : 'expired'
}

function summaryOf({ error, errorClass, failures, atMs, retryAtMs }: FailureRecord): FailureSummary {
  return {
    code: error.code,
    errorClass,
    message: error.message,
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(error.code === 'ERR_LINGPAI_PLATFORM' && { platformCode: error.details.platformCode }),
    failures,
    atMs,
    retryAtMs,
  }
}
