import type { Clock, IAccessTokenCache } from '@lingpai/core'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { Caller } from './caller.js'
import { lastUseKey } from './keys/last-use.js'
import type { ServedAccount } from './served-account.js'
import { withDeadline } from './with-deadline.js'

/** What can come of somebody's wish to be let in, and what those who are in do that an operator wants to know of. */
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

/** Who was let in, who was not, and who saw a token. */
export interface AccessLog {
  /** How often each came about since the start. */
  readonly counts: Readonly<Record<AccessOutcome, number>>
  /** A caller is let in. */
  accepted(caller: Caller): void
  /** A request is not let in. */
  rejected(
    outcome: 'no-key' | 'unknown-key' | 'session-over' | 'rate-limited' | 'blocked',
    request: FastifyRequest,
  ): void
  /** Somebody signed in or out on the status page. */
  session(outcome: 'signed-in' | 'signed-out', caller: Caller, request: FastifyRequest): void
  /** A caller is given a token; one line for each caller and token. */
  handedOut(caller: Caller, account: ServedAccount, generation: number): void
}

/** What the log stands on. */
export interface AccessLogParts {
  readonly log: FastifyBaseLogger
  readonly clock: Clock
  readonly cache: IAccessTokenCache
}

/** Somebody who tries keys fills no disk with warnings. */
const betweenWarningsMs = 60_000
/** The last use of a key is a date for people. */
const betweenUsesMs = 60_000
const usesKeptForMs = 400 * 24 * 3_600_000
const storeMs = 1000

/** Counts, warns and writes audit lines. */
export function accessLog({ log, clock, cache }: AccessLogParts): AccessLog {
  const counts = Object.fromEntries(accessOutcomes.map((outcome) => [outcome, 0])) as Record<AccessOutcome, number>
  const usedAtMs = new Map<string, number>()
  const seen = new WeakMap<ServedAccount['source'], Map<string, number>>()
  let unwarned = 0
  let warnAtMs = -Infinity

  const noteUse = (id: string): void => {
    const nowMs = clock.now()
    if (Math.abs(nowMs - (usedAtMs.get(id) ?? -Infinity)) < betweenUsesMs) return
    usedAtMs.set(id, nowMs)
    const write = Promise.resolve().then(() =>
      cache.set(lastUseKey(id), String(Math.floor(nowMs)), nowMs + usesKeptForMs),
    )
    withDeadline(clock, storeMs, write).catch(() => undefined)
  }
  const warn = (outcome: string, { ip }: FastifyRequest): void => {
    unwarned += 1
    if (clock.monotonic() < warnAtMs) return
    log.warn(
      { audit: true, event: outcome, address: ip, count: unwarned },
      `not let in: ${outcome}, ${unwarned} since the last such line`,
    )
    unwarned = 0
    warnAtMs = clock.monotonic() + betweenWarningsMs
  }
  return {
    counts,
    accepted: ({ key }) => {
      counts.accepted += 1
      noteUse(key.id)
    },
    rejected: (outcome, request) => {
      counts[outcome] += 1
      // A browser asks without a cookie before anybody signs in.
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
