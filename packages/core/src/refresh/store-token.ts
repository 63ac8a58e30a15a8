import { keep, lookAtCache, type AccountContext } from '../state/account-context.js'
import { isRejected, type Cell, type FlightOutcome } from '../state/account-state.js'
import type { Demand, RefreshTerms } from './demand.js'
import { forgetFailure } from './cool-down.js'
import { giveBack } from '../cache/refresh-lease.js'
import { nextRecord } from '../record/next-record.js'
import { changedRecord, type StoredRecord } from '../token-record.js'
import type { FreshToken } from '../upstream/request-token.js'
import { scheduleWriteBack } from '../record/deferred-write.js'
import { writeRecord } from '../record/write-record.js'
import { laterOf, type Moment, momentOf } from '../time/moment.js'

/**
 * Brings a token home: into the cache by a fenced write, into memory, and out as an event. What cannot be written stays in memory,
 * and is written later.
 *
 * @param base the record that it takes the place of
 */
export async function storeToken<C>(
  context: AccountContext<C>,
  demand: Demand,
  terms: RefreshTerms,
  base: StoredRecord | undefined,
  answer: FreshToken,
): Promise<FlightOutcome | 'superseded'> {
  const { cell, clock, gate } = context
  const requestMs = gate.msSince(answer.sentAt)
  await gate.sharedNowMs()
  const writtenMs = gate.reckonedEarliestMs()
  const asked = nextRecord(context, demand.reason, base, answer, writtenMs)
  const isTimed = gate.isTimeKnown()
  const writing = momentOf(clock)
  const written = isTimed ? await writeRecord(context, terms, base, asked) : await writeNothing(terms)
  const isWritten = written === true
  if (written === 'superseded') {
    context.emit('lease-lost', { reason: demand.reason })
    await lookAtCache(context)
  }
  const next = isWritten || !isTimed ? asked : unlessReplaced(asked, base, cell)
  if (next === undefined) return 'superseded'
  cell.isUnwritten = !isWritten
  if (isWritten) cell.readAt = writing
  const seen = isWritten ? writing : lastSeen(cell, base, answer)
  // Its life goes by this process's own clocks: by now the store's time may be unknown, after a sleep over the writing.
  keep(context, next, { seen, requestMs, isFresh: true, known: { at: writing, sharedMs: writtenMs } })
  cell.isUntimed = !isTimed
  // Only a response shows that the platform may be asked again.
  if (demand.outside === undefined) await forgetFailure(context, terms.isUp)
  if (!isWritten) scheduleWriteBack(context)
  tellLifetime(context, demand, next, answer)
  return announce(context, demand, base, next, clock.monotonic() - answer.sentAt.monotonic)
}

/** A token whose lifetime is a guess needs a person's look at the platform, or at the provider's data. */
function tellLifetime<C>(
  { emit }: AccountContext<C>,
  { reason }: Demand,
  { generation, expiresAtMs }: StoredRecord,
  { lifetimeProblem: problem }: FreshToken,
): void {
  if (problem !== undefined) emit('lifetime-assumed', { generation, reason, expiresAtMs, problem })
}

/** Its moments would be wrong for everybody else. */
async function writeNothing({ lease }: RefreshTerms): Promise<false> {
  await giveBack(lease)
  return false
}

/**
 * What becomes of a token that could not be written, beside the one that came into memory meanwhile, from the cache or by another
 * flight: that may be a later one, or one that upstream gave before this. Only a later one makes it useless.
 */
function unlessReplaced(asked: StoredRecord, base: StoredRecord | undefined, cell: Cell): StoredRecord | undefined {
  const { record, isUntimed } = cell
  // The very token has come to others before, and an API refused it.
  if (record?.value === asked.value && isRejected(cell)) return undefined
  // Moments of different clocks cannot be held against each other.
  if (record === undefined || record.value === base?.value || isUntimed || isRejected(cell)) return asked
  if (record.value === asked.value) return record.issuedAtMs > asked.issuedAtMs ? undefined : asked
  if (record.issuedAtMs >= asked.issuedAtMs) return undefined
  return changedRecord(asked, { generation: Math.max(asked.generation, record.generation + 1) })
}

/**
 * Since when an unwritten token may have been replaced. A committed write proves that it is current; without one, that is known
 * as of its request, and of a later look at the cache that found nothing to take its place.
 */
function lastSeen(cell: Cell, base: StoredRecord | undefined, { sentAt }: FreshToken): Moment {
  const isUnordered = cell.record?.value !== base?.value && isRejected(cell)
  return cell.times === undefined || isUnordered ? sentAt : laterOf(cell.times.seen, sentAt)
}

function announce<C>(
  { cell, emit }: AccountContext<C>,
  { reason, note, outside }: Demand,
  base: StoredRecord | undefined,
  record: StoredRecord,
  upstreamMs: number,
): FlightOutcome {
  const { generation, issuedAtMs, expiresAtMs } = record
  if (base?.value === record.value) {
    emit('same-token', { generation, reason, expiresAtMs, extended: record.repeatedAtMs === undefined })
    return { record: cell.record ?? record, how: 'repeated' }
  }
  if (outside !== undefined) {
    emit('adopted', { generation, expiresAtMs })
    return { record, how: 'adopted' }
  }
  emit('refreshed', { generation, reason, issuedAtMs, expiresAtMs, upstreamMs, ...(note !== undefined && { note }) })
  return { record, how: 'fetched' }
}
