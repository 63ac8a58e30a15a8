import { keep, lookAtCache, type AccountContext } from './account-context.js'
import { askPlatform } from './ask-platform.js'
import {
  heldTokens,
  isRejected,
  isRejectedRecord,
  laterOf,
  noteHeard,
  type Cell,
  type FlightOutcome,
  type Moment,
} from './cell.js'
import type { Demand, Landing, RefreshTerms } from './demand.js'
import { forgetFailure, keepFailure } from './failure-memory.js'
import { giveBack } from './lease.js'
import { markRejected } from './mark-rejected.js'
import { nextRecord } from './next-record.js'
import type { RequestFacts } from './provider.js'
import { repeatedRejection } from './repeated-rejection.js'
import { changedRecord, type StoredRecord } from './token-record.js'
import type { FreshToken } from './upstream.js'
import { scheduleWriteBack } from './write-back.js'
import { writeRecord } from './write-record.js'

/** Asks upstream and brings the answer home: into the cache by a fenced write, into memory, and out as an event. */
export async function land<C>(context: AccountContext<C>, demand: Demand, terms: RefreshTerms): Promise<Landing> {
  const { cell, clock, gate } = context
  const doubt = await giveUpLost(terms)
  if (doubt !== undefined) return doubt
  const base = cell.record
  const { clears } = cell
  const answer = await askPlatform(context, {
    signal: context.closing,
    endsAtMonotonicMs: terms.endsAtMonotonicMs,
    mayRepeat: () => demand.reason !== 'ahead' && mayAskUnder(terms) && terms.found() === undefined,
    tokens: () => heldTokens(cell),
    onToken: (value) => {
      noteHeard(cell, value)
    },
    moment: () => gate.moment(),
    facts: factsOf(context, demand),
  })
  context.closing.throwIfAborted()
  if (cell.clears !== clears) {
    await giveBack(terms.lease)
    return 'superseded'
  }
  if ('error' in answer) {
    // It may be the stop that failed the request, and others may have had an answer since.
    const lost = await giveUpLost(terms)
    if (lost !== undefined) return lost
    if (terms.found() !== undefined) {
      await giveBack(terms.lease)
      return 'superseded'
    }
    return fail(context, demand, terms, await keepFailure(context, demand.reason, answer, terms.isUp))
  }
  if (isRejectedAgain(context, base, answer)) return repeatedRejection(context, demand, terms, answer)

  await gate.sharedNowMs()
  const writtenMs = gate.reckonedEarliestMs()
  const asked = nextRecord(context, demand.reason, base, answer, writtenMs)
  const isTimed = gate.isTimeKnown()
  const writing = { monotonic: clock.monotonic(), wall: clock.now() }
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
  keep(context, next, { seen, isFresh: true, known: { at: writing, sharedMs: writtenMs } })
  cell.isUntimed = !isTimed
  await forgetFailure(context, terms.isUp)
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

/** A process that was stopped may have lost the lease by the time it would ask: then somebody else is asking. */
async function giveUpLost(terms: RefreshTerms): Promise<'superseded' | 'doubtful' | undefined> {
  const { lease } = terms
  if (lease === 'unavailable' || mayAskUnder(terms)) return undefined
  const isLost = lease.state() === 'lost'
  await lease.release()
  return isLost ? 'superseded' : 'doubtful'
}

function mayAskUnder({ lease, mayBeDoubtful }: RefreshTerms): boolean {
  if (lease === 'unavailable') return true
  const state = lease.state()
  return state === 'held' || (state === 'doubtful' && mayBeDoubtful)
}

/** What an upstream may want to know; only a token server does. */
function factsOf<C>({ cell }: AccountContext<C>, { reason, note, minLifeMs }: Demand): RequestFacts {
  const { record, rejected } = cell
  const code = rejected?.code ?? record?.rejectedCode
  const isRefused = record !== undefined && isRejectedRecord(cell, record)
  const refused = isRefused && { generation: record.generation, ...(code !== undefined && { code }) }
  return { reason, minLifeMs, ...(note !== undefined && { note }), ...(refused && { refused }) }
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

function isRejectedAgain<C>(
  { cell }: AccountContext<C>,
  base: StoredRecord | undefined,
  { value }: FreshToken,
): boolean {
  return cell.refused.includes(value) || (base?.value === value && isRejectedRecord(cell, base))
}

async function fail<C>(
  context: AccountContext<C>,
  { reason }: Demand,
  { lease, isUp }: RefreshTerms,
  { error }: Awaited<ReturnType<typeof keepFailure>>,
): Promise<never> {
  await markRejected(context, { lease, isUp })
  context.emit('refresh-failed', { reason, error })
  throw error
}

function announce<C>(
  { cell, emit }: AccountContext<C>,
  { reason, note }: Demand,
  base: StoredRecord | undefined,
  record: StoredRecord,
  upstreamMs: number,
): FlightOutcome {
  const { generation, issuedAtMs, expiresAtMs } = record
  if (base?.value === record.value) {
    emit('same-token', { generation, reason, expiresAtMs, extended: record.repeatedAtMs === undefined })
    return { record: cell.record ?? record, how: 'repeated' }
  }
  emit('refreshed', { generation, reason, issuedAtMs, expiresAtMs, upstreamMs, ...(note !== undefined && { note }) })
  return { record, how: 'fetched' }
}
