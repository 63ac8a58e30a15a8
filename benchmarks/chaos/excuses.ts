import type { Journal, Span, TokenRequest } from './journal.js'

/** A lease lives 2 s, and is renewed after a third of it: who runs on within this time has not lost it. */
const safeStallMs = 1000
/** A lease that was lost while its holder stood still is held by another for as long as this at most without a renewal. */
const leaseMs = 2000
/** A refresh that began without a store goes on without it, for so long at most, a stop of the process included. */
export const refreshMs = 10_000
/** The core promises that sharing resumes within 10 s of an outage. */
const recoveryMs = 10_000

const meets = ({ fromMs, toMs }: Span, startMs: number, endMs: number): boolean => fromMs <= endMs && toMs >= startMs

/** Whether a process was stopped between two moments for so long that others may have taken its lease. */
export function stoodStill({ standstills }: Journal, member: number, startMs: number, endMs: number): boolean {
  return standstills.some(
    (span) => span.member === member && span.toMs - span.fromMs >= safeStallMs && meets(span, startMs, endMs),
  )
}

/** Whether a process was killed, or stopped as in {@link stoodStill}, between two moments. */
export function failed(journal: Journal, member: number, startMs: number, endMs: number): boolean {
  const wasKilled = journal.kills.some((kill) => kill.member === member && kill.atMs >= startMs && kill.atMs <= endMs)
  return wasKilled || stoodStill(journal, member, startMs - leaseMs, endMs)
}

/** Whether the store did not work as a store must between two moments, for all or for one process. */
export function lackedStore({ outages, heard }: Journal, member: number, startMs: number, endMs: number): boolean {
  return (
    outages.some(({ fromMs, toMs }) => meets({ fromMs, toMs: toMs + recoveryMs }, startMs, endMs)) ||
    heard.some(
      (one) => one.name === 'cache-failed' && one.member === member && one.atMs >= startMs && one.atMs <= endMs,
    )
  )
}

/** Whether what a request brought was in the store by a moment, as far as the process that asked could tell. */
export function isWritten({ heard }: Journal, { member, account, startedAtMs }: TokenRequest, byMs: number): boolean {
  const events = heard.filter(
    (one) => one.member === member && one.account === account && one.atMs >= startedAtMs && one.atMs <= byMs,
  )
  return events.some(({ name }) => name === 'refreshed') && !events.some(({ name }) => name === 'lease-lost')
}
