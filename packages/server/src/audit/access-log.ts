import type { Clock, IAccessTokenCache } from '@lingpai/core'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { Caller } from '../auth/caller.js'
import { lastUseKey } from '../keys/last-use.js'
import type { ServedAccount } from '../accounts/served-account.js'
import { withDeadline } from '../store/with-deadline.js'

/** Outcomes of authentication, and what signed-in callers do that an operator wants to see. */
export const accessOutcomes = [
  'accepted',
  'no-key',
  'unknown-key',
  'session-over',
  'rate-limited',
  'blocked',
  'signed-in',
  'signed-out',
  'revealed',
] as const

/** One of {@link accessOutcomes}. */
export type AccessOutcome = (typeof accessOutcomes)[number]

/** Counts and logs who was authenticated, who was not, and who saw a token. */
export interface AccessLog {
  /** How often each outcome occurred since the start. */
  readonly counts: Readonly<Record<AccessOutcome, number>>
  /** Records an authenticated request. @param nowMs of the monotonic clock */
  accepted(caller: Caller, nowMs: number): void
  /** Records a request that failed authentication. */
  rejected(
    outcome: 'no-key' | 'unknown-key' | 'session-over' | 'rate-limited' | 'blocked',
    request: FastifyRequest,
  ): void
  /** Records a sign-in to or sign-out from the status page. */
  session(outcome: 'signed-in' | 'signed-out', caller: Caller, request: FastifyRequest): void
  /** Records that a caller received a token; logs one line for each caller and token. */
  handedOut(caller: Caller, account: ServedAccount, generation: number): void
}

/** What the access log needs. */
export interface AccessLogParts {
  readonly log: FastifyBaseLogger
  readonly clock: Clock
  readonly cache: IAccessTokenCache
}

/** Limits warnings, so that a caller who tries many keys cannot fill the disk. */
const betweenWarningsMs = 60_000
/** The last use of a key is shown to the minute, so it is stored once a minute. */
const betweenUsesMs = 60_000
const useRetentionMs = 400 * 24 * 3_600_000
const storeMs = 1000

/** Creates the access log. */
export function accessLog({ log, clock, cache }: AccessLogParts): AccessLog {
  const counts = Object.fromEntries(accessOutcomes.map((outcome) => [outcome, 0])) as Record<AccessOutcome, number>
  const usedAtMs = new Map<string, number>()
  const seen = new WeakMap<ServedAccount['source'], Map<string, number>>()
  let unwarned = 0
  let warnAtMs = -Infinity

  const noteUse = (id: string, atMs: number): void => {
    if (atMs - (usedAtMs.get(id) ?? -Infinity) < betweenUsesMs) return
    usedAtMs.set(id, atMs)
    const nowMs = clock.now()
    const write = Promise.resolve().then(() =>
      cache.set(lastUseKey(id), String(Math.floor(nowMs)), nowMs + useRetentionMs),
    )
    withDeadline(clock, storeMs, write).catch(() => undefined)
  }
  const warn = (outcome: string, { ip }: FastifyRequest): void => {
    unwarned += 1
    if (clock.monotonic() < warnAtMs) return
    log.warn(
      { audit: true, event: outcome, address: ip, count: unwarned },
      `authentication failed: ${outcome}, ${unwarned} since the last such line`,
    )
    unwarned = 0
    warnAtMs = clock.monotonic() + betweenWarningsMs
  }
  return {
    counts,
    accepted: ({ key }, nowMs) => {
      counts.accepted += 1
      noteUse(key.id, nowMs)
    },
    rejected: (outcome, request) => {
      counts[outcome] += 1
      // A browser sends no cookie before its user signs in.
      if (outcome !== 'no-key') warn(outcome, request)
    },
    session: (outcome, { key: { id, name, role } }, { ip }) => {
      counts[outcome] += 1
      log.info({ audit: true, event: outcome, id, by: name, role, address: ip }, `${outcome} ${name}`)
    },
    handedOut: ({ key: { id, name: by }, session }, { name: account, source }, generation) => {
      const event = session === undefined ? 'handed-out' : 'revealed'
      if (session !== undefined) counts.revealed += 1
      const generations = seen.get(source) ?? new Map<string, number>()
      if (session === undefined && generations.get(id) === generation) return
      seen.set(source, generations.set(id, generation))
      log.info({ audit: true, event, account, generation, id, by }, `${event} ${account} to ${by}`)
    },
  }
}
