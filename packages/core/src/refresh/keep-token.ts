import type { SharedMoment } from '../cache/store-clock.js'
import { writeRecord } from '../record/write-record.js'
import { remember, type AccountContext } from '../state/account-context.js'
import { forgetRejected, isRejectedRecord } from '../state/account-state.js'
import { clearedRecord } from '../token-record.js'
import { probeToken } from '../upstream/probe-token.js'
import { endCoolDown } from './cool-down.js'
import type { AttemptOutcome, AttemptTerms } from './attempt.js'
import type { Demand } from './demand.js'
import { renewalModes } from '../provider/renewal-mode.js'

/** A rejection below this age is doubted: the report may be wrong, and a new token would invalidate a good one. */
const doubtedBelowMs = 60_000
/** Limit in milliseconds of a probe before a refresh, because callers wait for both. */
const longestProbeMs = 3000

/**
 * Probes a young token that was reported as rejected before it is replaced, if the provider has a probe and a new token
 * invalidates the old one. For a provider that gives a live token again, the platform's response triggers the probe
 * instead.
 *
 * @returns `undefined` if the token must be replaced: the probe failed or was inconclusive, or does not apply
 */
export async function keepIfAlive<C>(
  context: AccountContext<C>,
  demand: Demand,
  terms: AttemptTerms,
): Promise<AttemptOutcome | undefined> {
  const { state, gate, spec, clock } = context
  const { record } = state
  if (!renewalModes[spec.renewal.mode].endsOld || demand.reason === 'requested') return undefined
  if (record === undefined || !isRejectedRecord(state, record)) return undefined
  if (gate.reckonedNowMs() - record.issuedAtMs >= doubtedBelowMs) return undefined
  const sentAt = gate.moment()
  const endsAtMonotonicMs = Math.min(terms.endsAtMonotonicMs, clock.monotonic() + longestProbeMs)
  if ((await verdictOn(context, record.value, endsAtMonotonicMs)) !== true) return undefined
  return keepToken(context, demand, terms, { value: record.value, sentAt })
}

/** Whether a token is alive according to the platform's probe; `undefined` without a probe or a clear result. */
export async function verdictOn<C>(
  { clock, spec, upstream, closing }: AccountContext<C>,
  value: string,
  endsAtMonotonicMs: number,
): Promise<boolean | undefined> {
  const timeoutMs = Math.max(0, endsAtMonotonicMs - clock.monotonic())
  const { alive } = await probeToken(spec, value, upstream, { signal: closing.signal, timeoutMs })
  return alive
}

/**
 * Keeps a token that was reported as rejected: the platform's own probe accepts it, so the report had another cause.
 */
export async function keepToken<C>(
  context: AccountContext<C>,
  { reason }: Demand,
  terms: AttemptTerms,
  { value, sentAt }: { readonly value: string; readonly sentAt: SharedMoment },
): Promise<AttemptOutcome> {
  const { state } = context
  const { record } = state
  if (record?.value !== value) {
    // Memory holds another record by now. The platform accepts this token, so it no longer counts as rejected.
    forgetRejected(state, value)
    return { kind: 'superseded' }
  }
  const cleared = clearedRecord(record)
  // Before the write, so that no caller waits for it and a report during it counts.
  forgetRejected(state, value)
  const written = await writeRecord(context, terms, record, cleared)
  if (written === 'superseded') return { kind: 'superseded' }
  remember(context, cleared, { seen: sentAt })
  await endCoolDown(context, terms.isUp)
  const { generation, expiresAtMs } = cleared
  context.emit('same-token', { generation, reason, expiresAtMs, extended: false })
  return { kind: 'repeated', record: cleared }
}
