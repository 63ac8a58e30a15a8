import type { AccountContext } from '../state/account-context.js'
import { assertAdoptable } from './adopt-token.js'
import { askPlatform } from './ask-platform.js'
import { heldTokens, isRejectedRecord, noteHeard, type Cell } from '../state/account-state.js'
import type { Demand, Landing, RefreshTerms } from './demand.js'
import { keepFailure } from './cool-down.js'
import { giveBack } from '../cache/refresh-lease.js'
import { markRejected } from '../record/mark-rejected.js'
import type { RequestFacts } from '../provider.js'
import { repeatedRejection } from './rejected-again.js'
import { storeToken } from './store-token.js'
import type { StoredRecord } from '../token-record.js'
import type { FreshToken } from '../upstream/request-token.js'

/** Asks upstream, unless a token from outside stands in for the response, and brings the token home. */
export async function land<C>(context: AccountContext<C>, demand: Demand, terms: RefreshTerms): Promise<Landing> {
  const { cell, gate } = context
  const doubt = await giveUpLost(context, terms)
  if (doubt !== undefined) return doubt
  const base = cell.record
  const { outside } = demand
  if (outside !== undefined) {
    assertAdoptable(context, outside, isRejectedToken(cell, base, outside))
    return storeToken(context, demand, terms, base, outside)
  }
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
    msSince: (moment) => gate.sureMsSince(moment),
    facts: factsOf(context, demand),
  })
  context.closing.throwIfAborted()
  if (cell.clears !== clears) {
    await giveBack(terms.lease)
    return 'superseded'
  }
  if ('error' in answer) {
    // It may be the stop that failed the request, and others may have had an answer since.
    const lost = await giveUpLost(context, terms)
    if (lost !== undefined) return lost
    if (terms.found() !== undefined) {
      await giveBack(terms.lease)
      return 'superseded'
    }
    return fail(context, demand, terms, await keepFailure(context, demand.reason, answer, terms.isUp))
  }
  if (isRejectedToken(cell, base, answer)) return repeatedRejection(context, demand, terms, answer)
  return storeToken(context, demand, terms, base, answer)
}

/** A process that was stopped may have lost the lease by the time it would ask: then somebody else is asking. */
async function giveUpLost<C>(
  { gate }: AccountContext<C>,
  terms: RefreshTerms,
): Promise<'superseded' | 'doubtful' | undefined> {
  const { lease } = terms
  if (lease === 'unavailable' || mayAskUnder(terms)) return undefined
  // A store with a clock can tell whether this process was stopped, or only had its clock set.
  await gate.sharedNowMs()
  if (mayAskUnder(terms)) return undefined
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

/** Whether an API has rejected this very token, as far as this process and the record before it tell. */
function isRejectedToken(cell: Cell, base: StoredRecord | undefined, { value }: FreshToken): boolean {
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
