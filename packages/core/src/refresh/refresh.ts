import { takeLease } from '../cache/refresh-lease.js'
import { lookAtCache } from '../record/read-record.js'
import type { AccountContext } from '../state/account-context.js'
import { noteAsking } from '../state/account-state.js'
import type { RefreshOutcome } from '../state/running-refresh.js'
import type { StoredRecord } from '../token-record.js'
import { askUpstream } from './ask-upstream.js'
import { assertMayAsk } from './may-ask.js'
import type { AttemptOutcome, AttemptTerms } from './attempt.js'
import type { Demand } from './demand.js'
import { failRefresh } from './fail-refresh.js'
import { keepIfAlive } from './keep-token.js'
import { judgeRejectedAgain } from './rejected-again.js'
import { queueFull } from './queue-full.js'
import { giveWayToRival } from './rival-refresher.js'
import { storeToken } from './store-token.js'
import type { Turn } from '../state/refresh-queue.js'
import { momentOf } from '../time/moment.js'
import { oneAtATime } from '../time/one-at-a-time.js'
import { waitForLease } from './wait-for-lease.js'
import { wantedRecord } from './wanted-record.js'

/**
 * Brings a record that meets the demand. One refresh takes eight steps:
 *
 * 1. Look at the cache. A record that meets the demand is adopted.
 * 2. While a failure cools down, fail with its error.
 * 3. Wait for a turn, then take the lease. While another process holds it, wait and go to 1.
 * 4. Look again: the holder before may have brought a record, or a failure. A young rejected token is probed, a rival is given way.
 * 5. Ask upstream.
 * 6. Judge the response: a failure starts a cool-down, a token that an API rejected is probed.
 * 7. Write the record, fenced by the lease. Where another record won, go to 1.
 * 8. What the cache could not take stays in memory, and is written later.
 */
export async function refresh<C>(context: AccountContext<C>, demand: Demand, turn: Turn): Promise<RefreshOutcome> {
  const { state, clock, timeoutMs } = context
  let endsAtMonotonicMs = clock.monotonic() + timeoutMs
  let recordBefore = state.record
  const wanted = (): StoredRecord | undefined => wantedRecord(context, demand, recordBefore)
  let wasUnknown = false
  let acceptsDoubtful = false
  for (let attempts = 0; ; attempts += 1) {
    context.closing.throwIfClosed()
    // 1
    const isUp = (await lookAtCache(context)).kind !== 'down'
    // A forced refresh wants a token younger than the call itself, not only one that memory did not know.
    if (attempts === 0 && demand.reason === 'requested') recordBefore = state.record
    const record = wanted()
    if (record !== undefined) return { kind: 'adopted', record }
    // 2
    if (demand.outside === undefined) await assertMayAsk(context, demand, isUp)
    // 3
    const waitsSinceMs = clock.monotonic()
    const waited = await turn.take(context.closing.signal, () => watchForRecord(context, turn, wanted))
    const waitedMs = clock.monotonic() - waitsSinceMs
    endsAtMonotonicMs += waitedMs
    if (waited === 'left') continue
    if (waited === 'late') return await lateRecord(context, wanted)
    try {
      const outcome: TurnOutcome = await refreshInTurn(context, demand, {
        isUp: await isUpAfter(context, isUp, waitedMs),
        wasUnknown,
        acceptsDoubtful,
        wanted,
        endsAtMonotonicMs,
      })
      if (hasRecord(outcome)) return outcome
      wasUnknown = outcome.kind === 'unknown'
      if (outcome.kind === 'doubtful') acceptsDoubtful = true
      if (outcome.kind === 'superseded' || outcome.kind === 'doubtful') continue
    } finally {
      turn.giveBack()
    }
    await waitForLease(context, attempts, endsAtMonotonicMs)
  }
}

/** Ends the wait for a turn once the cache reports a record that meets the demand. @returns ends the watch */
function watchForRecord<C>(context: AccountContext<C>, turn: Turn, wanted: () => StoredRecord | undefined): () => void {
  const look = oneAtATime(async () => {
    await lookAtCache(context)
    if (wanted() !== undefined) turn.leave()
  })
  return context.onChange(look)
}

/** A record that came while the turn did not. @throws UnavailableError if there is none */
async function lateRecord<C>(
  context: AccountContext<C>,
  wanted: () => StoredRecord | undefined,
): Promise<RefreshOutcome> {
  await lookAtCache(context)
  const record = wanted()
  if (record !== undefined) return { kind: 'adopted', record }
  throw queueFull(context)
}

/** A look at the cache that is this old says nothing about now, milliseconds. */
const oldMs = 1000

/** Whether the cache responds after a wait for a turn. Under a lease it is looked at anyway. */
async function isUpAfter<C>(context: AccountContext<C>, wasUp: boolean, waitedMs: number): Promise<boolean> {
  if (waitedMs < oldMs || (wasUp && context.gate.cache.lease !== undefined)) return wasUp
  return (await lookAtCache(context)).kind !== 'down'
}

/** What a turn goes by. */
interface TurnTerms extends Pick<AttemptTerms, 'isUp' | 'acceptsDoubtful' | 'wanted' | 'endsAtMonotonicMs'> {
  /** Whether the store did not say at the turn before whether the lease was free. */
  readonly wasUnknown: boolean
}

/** Outcome of a turn. `busy`: another process holds the lease. `unknown`: the store did not say. */
type TurnOutcome = AttemptOutcome | { readonly kind: 'busy' | 'unknown' }

/** Takes the lease, and refreshes under it. */
async function refreshInTurn<C>(
  context: AccountContext<C>,
  demand: Demand,
  { isUp, wasUnknown, ...terms }: TurnTerms,
): Promise<TurnOutcome> {
  const { clock, gate, key } = context
  const beganAt = momentOf(clock)
  const taken = isUp ? await takeLease(gate, clock, key) : ({ kind: 'unavailable' } as const)
  if (taken.kind === 'busy') return taken
  // A store that answered a moment ago may only be slow: ask it once more before going on without it.
  if (taken.kind === 'unknown' && !wasUnknown) return taken
  const lease = taken.kind === 'held' ? taken.lease : undefined
  if (isUp && taken.kind === 'unavailable') tellUnguarded(context, demand)
  return refreshUnderLease(context, demand, { ...terms, beganAt, lease, isUp: isUp && taken.kind !== 'unknown' })
}

function hasRecord(outcome: TurnOutcome): outcome is RefreshOutcome {
  return 'record' in outcome
}

/** Steps 4 to 8 of {@link refresh}. The lease is given back whatever happens. */
async function refreshUnderLease<C>(
  context: AccountContext<C>,
  demand: Demand,
  leaseTerms: Omit<AttemptTerms, 'isSeen'>,
): Promise<AttemptOutcome> {
  const { lease, wanted } = leaseTerms
  try {
    // 4
    const isSeen = lease !== undefined && (await lookAtCache(context)).kind !== 'down'
    const terms = { ...leaseTerms, isSeen }
    if (wanted() === undefined) {
      if (lease !== undefined && demand.outside === undefined) await assertMayAsk(context, demand, true)
      const kept = await keepIfAlive(context, demand, terms)
      if (kept !== undefined) return kept
      await giveWayToRival(context, demand, terms)
    }
    const record = wanted()
    if (record !== undefined) return { kind: 'adopted', record }
    return await askAndStore(context, demand, withTimeLeft(context, terms))
  } finally {
    await lease?.release()
  }
}

/** Steps 5 to 8 of {@link refresh}. */
async function askAndStore<C>(
  context: AccountContext<C>,
  demand: Demand,
  terms: AttemptTerms,
): Promise<AttemptOutcome> {
  const noteOver = noteAsking(context.state, context.clock)
  try {
    // 5
    const asked = await askUpstream(context, demand, terms)
    switch (asked.kind) {
      // 6
      case 'failed':
        return await failRefresh(context, demand, terms, asked.failure)
      case 'rejected-again':
        return await judgeRejectedAgain(context, demand, terms, asked.token)
      // 7 and 8
      case 'token':
        return await storeToken(context, demand, terms, asked)
      default:
        return asked
    }
  } finally {
    noteOver()
  }
}

const leastResponseMs = 3000

/**
 * The lease may have come late, or the process may have been stopped. Upstream still gets this long to respond: a token whose
 * response is not read may have ended the one that others hold.
 */
function withTimeLeft<C>({ clock, timeoutMs }: AccountContext<C>, terms: AttemptTerms): AttemptTerms {
  const leastMs = clock.monotonic() + Math.min(timeoutMs, leastResponseMs)
  return { ...terms, endsAtMonotonicMs: Math.max(terms.endsAtMonotonicMs, leastMs) }
}

/** A cache that other processes share, and that has no lease, cannot keep them from asking at the same time. */
function tellUnguarded<C>(context: AccountContext<C>, { reason }: Demand): void {
  const { reach = 'process' } = context.gate.cache
  if (reach !== 'process') context.emit('unguarded-refresh', { reason, reach })
}
