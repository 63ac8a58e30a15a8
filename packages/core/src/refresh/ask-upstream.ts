import type { RequestFacts } from '../provider.js'
import type { AccountContext } from '../state/account-context.js'
import { heldTokens, isRejectedRecord, noteHeard, type AccountState } from '../state/account-state.js'
import type { StoredRecord } from '../token-record.js'
import { msSince } from '../time/moment.js'
import type { FreshToken, UpstreamFailure } from '../upstream/request-token.js'
import { assertAdoptable } from './adopt-token.js'
import { requestWithParent } from './request-with-parent.js'
import type { AttemptTerms } from './attempt.js'
import type { Demand } from './demand.js'

/** A token of upstream, or from outside, and the record that it takes the place of. */
export interface AskedToken {
  readonly kind: 'token'
  readonly token: FreshToken
  readonly base: StoredRecord | undefined
}

/**
 * What came of asking upstream.
 *
 * - `rejected-again`: the very token that an API has rejected
 * - `superseded`: another record may count by now; the token, if there is one, is useless
 * - `doubtful`: the lease may have been lost before upstream was asked
 */
export type Asked =
  | AskedToken
  | { readonly kind: 'rejected-again'; readonly token: FreshToken }
  | { readonly kind: 'failed'; readonly failure: UpstreamFailure }
  | { readonly kind: 'superseded' }
  | { readonly kind: 'doubtful' }

/** Asks upstream under the lease, unless a token from outside stands in for the response. */
export async function askUpstream<C>(context: AccountContext<C>, demand: Demand, terms: AttemptTerms): Promise<Asked> {
  const { state, gate } = context
  const lost = await lostTurn(context, terms)
  if (lost !== undefined) return lost
  const { record: base } = state
  const { clears } = state.unsettled
  const { outside } = demand
  if (outside !== undefined) {
    assertAdoptable(context, outside, isRejectedToken(state, base, outside))
    return { kind: 'token', token: outside, base }
  }
  const outcome = await requestWithParent(context, {
    signal: context.closing.signal,
    endsAtMonotonicMs: terms.endsAtMonotonicMs,
    mayRepeat: () => demand.reason !== 'ahead' && mayAskUnder(context, terms) && terms.wanted() === undefined,
    tokens: () => heldTokens(state),
    onToken: (value) => {
      noteHeard(state, value)
    },
    moment: () => gate.moment(),
    msSince: (moment) => gate.sureMsSince(moment),
    facts: factsOf(context, demand),
  })
  context.closing.throwIfClosed()
  // `clear()` was called meanwhile: what was requested before it does not count.
  if (state.unsettled.clears !== clears) return { kind: 'superseded' }
  if (outcome.kind === 'failed') {
    // A stop of the process may have failed the request, and others may have had a response since.
    const lostSince = await lostTurn(context, terms)
    if (lostSince !== undefined) return lostSince
    return terms.wanted() === undefined ? outcome : { kind: 'superseded' }
  }
  const { token } = outcome
  return isRejectedToken(state, base, token) ? { kind: 'rejected-again', token } : { kind: 'token', token, base }
}

/** A process that was stopped may have lost the lease by the time it would ask: then another process is asking. */
async function lostTurn<C>(
  context: AccountContext<C>,
  terms: AttemptTerms,
): Promise<{ readonly kind: 'superseded' | 'doubtful' } | undefined> {
  if (mayAskUnder(context, terms)) return undefined
  // A store with a clock can tell whether this process was stopped, or only had its clock set.
  await context.gate.sharedNowMs()
  if (mayAskUnder(context, terms)) return undefined
  return { kind: terms.lease?.state() === 'lost' ? 'superseded' : 'doubtful' }
}

/** A probe, slow answers of the cache and the least time for a response come on top of the limit of a refresh, and take less than this. */
const longestExtraMs = 10_000

function mayAskUnder<C>(
  { clock, timeoutMs }: AccountContext<C>,
  { lease, beganAt, acceptsDoubtful }: AttemptTerms,
): boolean {
  // A process that went on without a lease and was stopped: the store may answer since, and others may have asked.
  if (lease === undefined) return acceptsDoubtful || msSince(beganAt, clock) < timeoutMs + longestExtraMs
  const state = lease.state()
  return state === 'held' || (state === 'doubtful' && acceptsDoubtful)
}

/** What a token server as upstream needs to know. */
function factsOf<C>({ state }: AccountContext<C>, { reason, note, minLifeMs }: Demand): RequestFacts {
  const { record } = state
  const { rejected } = state.unsettled
  const code = rejected?.code ?? record?.rejectedCode
  const isRejected = record !== undefined && isRejectedRecord(state, record)
  const facts = isRejected && { generation: record.generation, ...(code !== undefined && { code }) }
  return { reason, minLifeMs, ...(note !== undefined && { note }), ...(facts && { rejected: facts }) }
}

/** Whether an API has rejected this very token, as far as this process and the record before it tell. */
function isRejectedToken(state: AccountState, base: StoredRecord | undefined, { value }: FreshToken): boolean {
  return state.unsettled.rejectedValues.includes(value) || (base?.value === value && isRejectedRecord(state, base))
}
