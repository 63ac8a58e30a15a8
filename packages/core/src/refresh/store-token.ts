import { deferWrite } from '../record/deferred-write.js'
import { nextRecord } from '../record/next-record.js'
import { lookAtCache } from '../record/read-record.js'
import { unlessReplaced, type HeldBeside } from '../record/record-order.js'
import { writeRecord } from '../record/write-record.js'
import { remember, type AccountContext } from '../state/account-context.js'
import {
  isRejected,
  noteReadAt,
  noteUntimed,
  noteUnwritten,
  noteWritten,
  type AccountState,
} from '../state/account-state.js'
import type { RefreshOutcome } from '../state/running-refresh.js'
import { laterOf, momentOf, type Moment } from '../time/moment.js'
import type { StoredRecord } from '../token-record.js'
import type { FreshToken } from '../upstream/request-token.js'
import type { AskedToken } from './ask-upstream.js'
import { endCoolDown } from './cool-down.js'
import type { AttemptOutcome, AttemptTerms } from './attempt.js'
import type { Demand } from './demand.js'

/**
 * Writes the record of a token into the cache, fenced by the lease, takes it into memory, and emits the event. What cannot be written
 * stays in memory, and is written later.
 */
export async function storeToken<C>(
  context: AccountContext<C>,
  demand: Demand,
  terms: AttemptTerms,
  { token, base }: AskedToken,
): Promise<AttemptOutcome> {
  const { state, clock, gate } = context
  const requestMs = gate.msSince(token.sentAt)
  const wasLeaseHeld = terms.lease?.state() === 'held'
  await gate.sharedNowMs()
  const sharedMs = gate.reckonedEarliestMs()
  const candidate = nextRecord(context, demand.reason, base, token, sharedMs)
  const isTimed = gate.isTimeKnown()
  const writeBeganAt = momentOf(clock)
  // Without the store's time, the moments of the record would be wrong for every other process.
  const written = isTimed ? await writeRecord(context, terms, base, candidate) : 'unwritten'
  const isWritten = written === 'written'
  if (written === 'superseded') {
    context.emit('lease-lost', { reason: demand.reason })
    await lookAtCache(context)
  }
  const held = heldBeside(context, terms, wasLeaseHeld)
  const next = isWritten || !isTimed ? candidate : unlessReplaced(candidate, base, held)
  if (next === undefined) return { kind: 'superseded' }
  if (isWritten) noteReadAt(state, writeBeganAt)
  const seen = isWritten ? writeBeganAt : lastSeen(state, base, token)
  // Its life goes by this process's own clocks: by now the store's time may be unknown, after a sleep over the writing.
  remember(context, next, { seen, requestMs, isFresh: true, known: { at: writeBeganAt, sharedMs } })
  noteUntimed(state, !isTimed)
  if (isWritten) noteWritten(state)
  else noteUnwritten(state)
  // Only a response shows that the platform may be asked again.
  if (demand.outside === undefined) await endCoolDown(context, terms.isUp)
  if (!isWritten) deferWrite(context)
  tellLifetime(context, demand, next, token)
  return announce(context, demand, base, next, clock.monotonic() - token.sentAt.monotonic)
}

/** What memory holds by now beside a token that could not be written. */
function heldBeside<C>(
  { state, gate }: AccountContext<C>,
  { isSeen, acceptsDoubtful }: AttemptTerms,
  wasLeaseHeld: boolean,
): HeldBeside {
  return {
    record: state.record,
    isUntimed: state.unsettled.isUntimed,
    isRejected: isRejected(state),
    mayHaveComeSince: gate.cache.nowMs === undefined && isSeen && !acceptsDoubtful && !wasLeaseHeld,
  }
}

/** Reports a token whose lifetime is a guess: a person must look at the platform, or at the provider's data. */
function tellLifetime<C>(
  context: AccountContext<C>,
  { reason }: Demand,
  { generation, expiresAtMs }: StoredRecord,
  { lifetimeProblem: problem }: FreshToken,
): void {
  if (problem !== undefined) context.emit('lifetime-assumed', { generation, reason, expiresAtMs, problem })
}

/**
 * When a token that could not be written was last known to be the current one: at its request, or at a later look at the cache that
 * found nothing to replace it.
 */
function lastSeen(state: AccountState, base: StoredRecord | undefined, { sentAt }: FreshToken): Moment {
  // A look that found another token, rejected since, does not show which of the two is later.
  const isUnordered = state.record?.value !== base?.value && isRejected(state)
  return state.times === undefined || isUnordered ? sentAt : laterOf(state.times.seen, sentAt)
}

function announce<C>(
  context: AccountContext<C>,
  { reason, note, outside }: Demand,
  base: StoredRecord | undefined,
  record: StoredRecord,
  upstreamMs: number,
): RefreshOutcome {
  const { generation, issuedAtMs, expiresAtMs } = record
  if (base?.value === record.value) {
    context.emit('same-token', { generation, reason, expiresAtMs, extended: record.repeatedAtMs === undefined })
    return { kind: 'repeated', record: context.state.record ?? record }
  }
  if (outside !== undefined) {
    context.emit('adopted', { generation, expiresAtMs })
    return { kind: 'adopted', record }
  }
  context.emit('refreshed', {
    generation,
    reason,
    issuedAtMs,
    expiresAtMs,
    upstreamMs,
    ...(note !== undefined && { note }),
  })
  return { kind: 'fetched', record }
}
