import type { Journal, Span, TokenRequest } from './journal.js'

/** A lease lives 2 s and is renewed after a third of that: a process that continues within this time has not lost it. */
const safeStallMs = 1000
/** The longest time for which another process holds, without renewal, a lease that a stopped holder lost. */
const leaseMs = 2000
/** The longest time for which a refresh that began without a store continues without it, including a stop of the process. */
export const refreshMs = 10_000
/** The core promises that sharing resumes within 10 s of an outage. */
const recoveryMs = 10_000

const meets = ({ fromMs, toMs }: Span, startMs: number, endMs: number): boolean => fromMs <= endMs && toMs >= startMs

/** Whether a process was stopped between two moments for so long that another may have taken its lease. */
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

/** Whether the store failed between two moments, for all processes or for one. */
export function lackedStore({ outages, heard }: Journal, member: number, startMs: number, endMs: number): boolean {
  return (
    outages.some(({ fromMs, toMs }) => meets({ fromMs, toMs: toMs + recoveryMs }, startMs, endMs)) ||
    heard.some(
      (one) => one.name === 'cache-failed' && one.member === member && one.atMs >= startMs && one.atMs <= endMs,
    )
  )
}

/** Whether the token of a request was in the store by a moment, as far as the process that requested it could know. */
export function isWritten({ heard }: Journal, { member, account, startedAtMs }: TokenRequest, byMs: number): boolean {
  const events = heard.filter(
    (one) => one.member === member && one.account === account && one.atMs >= startedAtMs && one.atMs <= byMs,
  )
  return events.some(({ name }) => name === 'refreshed') && !events.some(({ name }) => name === 'lease-lost')
}
