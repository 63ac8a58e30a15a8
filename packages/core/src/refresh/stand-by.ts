import type { SharedMoment } from '../cache/store-clock.js'
import { writeRecord } from '../record/write-record.js'
import { remember, type AccountContext } from '../state/account-context.js'
import { forgetRejected, isRejectedRecord } from '../state/account-state.js'
import { clearedRecord } from '../token-record.js'
import { probeToken } from '../upstream/probe-token.js'
import { endCoolDown } from './cool-down.js'
import type { Attempt, Demand, RefreshTerms } from './demand.js'

/** A token that is rejected before this age is a rare thing: the report may be wrong, and a new token would end a good one. */
const youngMs = 60_000
/** Bound of a probe that a refresh may follow, which callers wait for as well. */
const longestProbeMs = 3000

/**
 * A young token that was reported as rejected is shown to the platform's probe before it is replaced, where the provider has one
 * and a new token ends the old one. Where a request repeats a living token, the platform's response asks for the probe.
 *
 * @returns `undefined` if it is dead, if the platform did not say, or if there is nothing to prove: then it is replaced.
 */
export async function keepIfAlive<C>(
  context: AccountContext<C>,
  demand: Demand,
  terms: RefreshTerms,
): Promise<Attempt | undefined> {
  const { state, gate, spec, clock } = context
  const { record } = state
  if (spec.renewal.mode !== 'rotate' || demand.reason === 'requested') return undefined
  if (record === undefined || !isRejectedRecord(state, record)) return undefined
  if (gate.reckonedNowMs() - record.issuedAtMs >= youngMs) return undefined
  const asked = gate.moment()
  const endsAtMonotonicMs = Math.min(terms.endsAtMonotonicMs, clock.monotonic() + longestProbeMs)
  if ((await verdictOn(context, record.value, endsAtMonotonicMs)) !== true) return undefined
  return standBy(context, demand, terms, { value: record.value, sentAt: asked })
}

/** Whether a token is alive as the platform's probe says; `undefined` if it does not say, or if there is no probe. */
export async function verdictOn<C>(
  { clock, spec, upstream, closing }: AccountContext<C>,
  value: string,
  endsAtMonotonicMs: number,
): Promise<boolean | undefined> {
  const timeoutMs = Math.max(0, endsAtMonotonicMs - clock.monotonic())
  const { alive } = await probeToken(spec, value, upstream, { signal: closing, timeoutMs })
  return alive
}

/** Keeps a token that was reported as rejected: the platform's own probe accepts it, so the report was about something else. */
export async function standBy<C>(
  context: AccountContext<C>,
  { reason }: Demand,
  terms: RefreshTerms,
  { value, sentAt }: { readonly value: string; readonly sentAt: SharedMoment },
): Promise<Attempt> {
  const { state } = context
  const { record } = state
  if (record?.value !== value) {
    // One that was rejected before others took its place: it is as good as new.
    forgetRejected(state, value)
    return { kind: 'superseded' }
  }
  const cleared = clearedRecord(record)
  // Before the write, so that no caller waits for it, and a report that comes during it counts.
  forgetRejected(state, value)
  const written = await writeRecord(context, terms, record, cleared)
  if (written === 'superseded') return { kind: 'superseded' }
  remember(context, cleared, { seen: sentAt })
  await endCoolDown(context, terms.isUp)
  const { generation, expiresAtMs } = cleared
  context.emit('same-token', { generation, reason, expiresAtMs, extended: false })
  return { kind: 'repeated', record: cleared }
}
