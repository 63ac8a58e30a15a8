import { expiryOf, refreshAtOf } from '../state/local-times.js'
import type { Account } from '../account.js'
import { shownRecord } from '../record/record-age.js'
import type { AccountContext } from '../state/account-context.js'
import { isRejected } from '../state/account-state.js'
import { coolsUntilMs, parentFailure } from '../refresh/cool-down.js'
import type { FailureRecord } from '../failure/failure-record.js'
import type { FailureSummary, SourceStatus } from '../token-source.js'
import { hasCome, timeLeftMs } from '../time/moment.js'

/** Returns the status of an account, from memory alone. */
export function statusOf<C>(
  account: Account,
  context: AccountContext<C> | undefined,
  hasBackgroundRefresh: boolean,
): SourceStatus {
  const times = context?.state.times
  const failure = context?.state.unsettled.failure
  const record = context?.state.record && shownRecord(context, context.state.record)
  const lastFailure = failure ? summaryOf(failure, isUsable(context)) : parentFailure(context?.parent)
  const refreshAtMs = context === undefined || times === undefined ? undefined : Math.round(refreshAtOf(times).wall)
  return {
    state: stateOf(context),
    account,
    hasBackgroundRefresh,
    ...(record && { generation: record.generation, issuedAtMs: record.issuedAtMs, expiresAtMs: record.expiresAtMs }),
    ...(refreshAtMs !== undefined && { refreshAtMs }),
    ...(lastFailure && { lastFailure }),
  }
}

function stateOf<C>(context: AccountContext<C> | undefined): SourceStatus['state'] {
  if (context === undefined) return 'none'
  const { state, clock } = context
  if (state.unsettled.refresh !== undefined) return 'refreshing'
  if (state.times !== undefined && isUsable(context))
    return hasCome(refreshAtOf(state.times), clock) ? 'expiring' : 'valid'
  if (state.unsettled.failure !== undefined || parentFailure(context.parent) !== undefined) return 'failing'
  return state.record === undefined ? 'none' : 'expired'
}

function isUsable<C>(context: AccountContext<C> | undefined): boolean {
  if (context === undefined) return false
  const { state, clock } = context
  return state.times !== undefined && !isRejected(state) && timeLeftMs(expiryOf(state.times), clock) > 0
}

function summaryOf(failure: FailureRecord, isTokenUsable: boolean): FailureSummary {
  const { error, errorClass, failures, atMs } = failure
  return {
    code: error.code,
    errorClass,
    message: error.message,
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(error.code === 'ERR_LINGPAI_PLATFORM' && { platformCode: error.details.platformCode }),
    failures,
    atMs,
    retryAtMs: coolsUntilMs(failure, isTokenUsable ? 'ahead' : 'cold'),
  }
}
