import { lookAtCache, type AccountContext } from '../state/account-context.js'
import { isRejectedRecord, noteAsking, type Flight, type FlightOutcome } from '../state/account-state.js'
import { type ClosedError, LeaseError, type AnyLingpaiError } from '../errors.js'
import { activeFailure } from './cool-down.js'
import { isLimit } from '../failure/policy.js'
import type { FailureRecord } from '../failure/failure-record.js'
import type { Demand, Landing, RefreshTerms } from './demand.js'
import { assertNoDuel } from './rival-refresher.js'
import { land } from './fetch-and-store.js'
import { giveBack, takeLease } from '../cache/refresh-lease.js'
import { markUnreplaced } from '../record/mark-rejected.js'
import { isNewer, type StoredRecord } from '../token-record.js'
import { pause } from '../time/pause.js'
import { keepIfAlive } from './stand-by.js'
import { timeLeftMs } from '../time/moment.js'

/**
 * The refresh of an account: the one under way in this process, or a new one. A forced refresh joins only a forced one, and the
 * adoption of a token from outside none.
 */
export function joinFlight<C>(context: AccountContext<C>, demand: Demand): Flight {
  const { cell } = context
  const isAdoption = demand.outside !== undefined
  const isForced = demand.reason === 'requested' && !isAdoption
  if (cell.flight !== undefined && !isAdoption && (!isForced || cell.flight.isForced)) return cell.flight
  const promise = fly(context, demand).catch(async (error: unknown): Promise<never> => {
    await markUnreplaced(context)
    throw error
  })
  // What is wrong with a token from outside is the affair of the caller that gave it: others who joined begin again.
  const flight: Flight = { promise, isForced, isAhead: demand.reason === 'ahead' || isAdoption }
  // A flight that may not ask must not be the one that others wait for.
  if (context.isReadonly) return flight
  cell.flight = flight
  const leave = (): void => {
    if (cell.flight === flight) cell.flight = undefined
    context.running.delete(promise)
  }
  context.running.add(promise)
  promise.then(leave, leave)
  return flight
}

/** DESIGN §4.3, steps 1 to 8. */
async function fly<C>(context: AccountContext<C>, demand: Demand): Promise<FlightOutcome> {
  const { cell, clock, closing, timeoutMs } = context
  const endsAtMonotonicMs = clock.monotonic() + timeoutMs
  let base = cell.record
  const wanted = (): StoredRecord | undefined => acceptable(context, demand, base)
  let isDoubtful = false
  let mayBeDoubtful = false
  for (let turn = 0; ; turn += 1) {
    closing.throwIfAborted()
    const isUp = (await lookAtCache(context)) !== 'down'
    // A forced refresh wants a token younger than the call itself, not only one that memory did not know.
    if (turn === 0 && demand.reason === 'requested') base = cell.record
    const found = wanted()
    if (found !== undefined) return { record: found, how: 'adopted' }
    if (demand.outside === undefined) await assertMayAsk(context, demand, isUp)

    const lease = isUp ? await takeLease(context.gate, clock, context.key) : 'unavailable'
    // A store that answered a moment ago may only be slow: ask it once more before going on without it.
    if (lease === 'busy' || (lease === 'unknown' && !isDoubtful)) {
      isDoubtful = lease === 'unknown'
      await waitForTurn(context, turn, endsAtMonotonicMs)
      continue
    }
    const { lease: guard, reach = 'process' } = context.gate.cache
    if (isUp && guard === undefined && reach !== 'process')
      context.emit('unguarded-refresh', { reason: demand.reason, reach })
    const terms = lease === 'unknown' ? ({ lease: 'unavailable', isUp: false } as const) : { lease, isUp }
    const landing = await refresh(context, demand, { ...terms, mayBeDoubtful, found: wanted, endsAtMonotonicMs })
    if (landing === 'doubtful') mayBeDoubtful = true
    else if (landing !== 'superseded') return landing
  }
}

/** The record in memory, if it is what the demand asks for. */
function acceptable<C>(
  { cell, clock, gate }: AccountContext<C>,
  { reason, minLifeMs, outside }: Demand,
  base: StoredRecord | undefined,
): StoredRecord | undefined {
  const { record, times } = cell
  if (record === undefined || times === undefined || isRejectedRecord(cell, record)) return undefined
  if (timeLeftMs(times.deadline, clock) <= 0 || timeLeftMs(times.expiry, clock) < minLifeMs) return undefined
  // What was asked for after the call is newer than the token that the caller holds.
  if (outside !== undefined)
    return record.value === outside.value || record.issuedAtMs > gate.reckonedNowMs() - gate.msSince(outside.sentAt)
      ? record
      : undefined
  if (reason === 'cold' || reason === 'rejected') return record
  if (isNewer(record, base)) return record
  // Another process asked in the meantime and was given the same token: the next try has moved.
  return reason === 'ahead' && timeLeftMs(times.soft, clock) > 0 ? record : undefined
}

/** @throws the stored error of the last failure while its cool-down lasts; a readonly source never asks at all. */
async function assertMayAsk<C>(context: AccountContext<C>, { reason }: Demand, isUp: boolean): Promise<void> {
  const failure = await activeFailure(context, reason, isUp)
  if (failure !== undefined && !(reason === 'requested' && mayBeMended(failure))) throw failure.error
  if (context.isReadonly) {
    throw new LeaseError(`${context.spec.id}: this source is read-only, and the cache holds no usable token`, {
      hint: 'Start the process that refreshes this account, or make the source without `readonly`.',
    })
  }
}

/**
 * An operator who forces a refresh has mended something. A limit of the platform is not mended that way, once upstream itself has
 * told of it: a note in the store may be old, or not be true.
 */
function mayBeMended({ errorClass, isHearsay }: FailureRecord): boolean {
  return isHearsay === true || !isLimit(errorClass)
}

const firstWaitMs = 25
const longestWaitMs = 250
/** A flood of changes must not make of each wait a look at the store: a refresh that others end in time takes fewer turns. */
const mostWakes = 32

/** Waits until the lease may be free: a moment with jitter, shorter where the cache tells of writes. */
async function waitForTurn<C>(context: AccountContext<C>, turn: number, endsAtMonotonicMs: number): Promise<void> {
  const { clock, closing, upstream } = context
  const leftMs = endsAtMonotonicMs - clock.monotonic()
  if (leftMs <= 0) {
    throw new LeaseError(`${context.spec.id}: another process refreshes this account and did not finish in time`, {
      hint: 'Raise timeoutMs if the platform is slow.',
    })
  }
  const waitMs = Math.min(firstWaitMs * 2 ** Math.min(turn, 10), longestWaitMs) * (0.5 + upstream.random() / 2)
  const wakeable = turn < mostWakes && { wakeable: context.onChange }
  await pause(clock, Math.min(waitMs, leftMs), { signal: closing, holdsProcess: true, ...wakeable })
}

/** Asks upstream under the lease, and gives the lease back whatever happens. */
async function refresh<C>(context: AccountContext<C>, demand: Demand, terms: RefreshTerms): Promise<Landing> {
  const { lease } = terms
  try {
    if (lease !== 'unavailable') await lookAtCache(context)
    // Another flight of this very process may have brought it, too: a forced one goes beside the others.
    let found = terms.found()
    if (found === undefined) {
      // Whoever held the lease before may have been told to keep off.
      if (lease !== 'unavailable' && demand.outside === undefined) await assertMayAsk(context, demand, true)
      const kept = await keepIfAlive(context, demand, terms)
      if (kept !== undefined) return kept
      await assertNoDuel(context, demand, terms)
      found = terms.found()
    }
    if (found !== undefined) {
      await giveBack(lease)
      return { record: found, how: 'adopted' }
    }
    const landing = land(context, demand, withTimeLeft(context, terms))
    noteAsking(context.cell, context.clock, landing)
    return await landing
  } catch (error) {
    await giveBack(lease)
    throw error
  }
}

const leastAnswerMs = 3000

/**
 * The lease may have come late, or the process may have been stopped. What is asked for is waited for all the same: a token
 * that is thrown away could cost the one that others hold.
 */
function withTimeLeft<C>({ clock, timeoutMs }: AccountContext<C>, terms: RefreshTerms): RefreshTerms {
  const leastMs = clock.monotonic() + Math.min(timeoutMs, leastAnswerMs)
  return { ...terms, endsAtMonotonicMs: Math.max(terms.endsAtMonotonicMs, leastMs) }
}

/** Whether an error says that the flight's own manager was closed, which is no failure of the account. */
export function isClosed(error: unknown): boolean {
  return (error as Partial<AnyLingpaiError> | undefined)?.code === ('ERR_LINGPAI_CLOSED' satisfies ClosedError['code'])
}
