import type { AccountContext } from '../state/account-context.js'
import { noteHeard } from '../state/account-state.js'
import type { Demand } from './demand.js'
import { ConfigError } from '../errors.js'
import { isMoment, isTokenText } from '../token-record.js'
import type { FreshToken } from '../upstream/request-token.js'

/** Greatest difference in milliseconds between the clock of the host that fetched the token and this host's. */
const clocksMs = 60_000

/** The demand of an adoption: a refresh that already has its token. */
export function adoption<C>(
  { spec, state, clock, gate, isReadonly }: AccountContext<C>,
  token: unknown,
  onlyIfNone: boolean,
): Demand {
  if (isReadonly) {
    throw new ConfigError(
      `${spec.id}: adopt: a read-only source cannot adopt a token`,
      { field: 'readonly', problem: 'conflict' },
      { hint: 'Call adopt in a process that refreshes this account, or make the source without `readonly`.' },
    )
  }
  const { value, expiresAtMs } = Object(token) as { readonly value?: unknown; readonly expiresAtMs?: unknown }
  if (!isTokenText(value)) {
    throw new ConfigError(`${spec.id}: adopt: "value" must be the token as the platform gave it`, {
      field: 'value',
      problem: value === undefined ? 'missing' : value === '' ? 'empty' : 'malformed',
    })
  }
  // The caller's moment is on a host's clock; records are on the store's clock.
  const lifeMs = isMoment(expiresAtMs) ? expiresAtMs - clock.now() : 0
  const longestMs = spec.renewal.maxLifeSeconds * 1000
  if (lifeMs <= 0 || lifeMs > longestMs + clocksMs) {
    throw new ConfigError(
      `${spec.id}: adopt: "expiresAtMs" must be a moment in the next ${spec.renewal.maxLifeSeconds} seconds, in Unix milliseconds`,
      { field: 'expiresAtMs', problem: 'malformed' },
      { hint: 'If the platform gives seconds, use Date.now() + expires_in * 1000.' },
    )
  }
  noteHeard(state, value)
  const outside = { value, lifeMs: Math.min(lifeMs, longestMs), sentAt: gate.moment() }
  return { reason: 'requested', minLifeMs: 0, outside, onlyIfNone }
}

/**
 * Asserts that a token from outside does not replace a better one.
 *
 * @throws ConfigError if an API has rejected it, or it has expired in the meantime
 */
export function assertAdoptable<C>(
  { spec, gate }: AccountContext<C>,
  { lifeMs, sentAt }: FreshToken,
  isRejected: boolean,
): void {
  if (isRejected) {
    throw new ConfigError(
      `${spec.id}: adopt: an API has rejected this token`,
      { field: 'value', problem: 'conflict' },
      { hint: 'Fetch another one, or let this source fetch it with refresh().' },
    )
  }
  if (gate.msSince(sentAt) >= lifeMs) {
    throw new ConfigError(
      `${spec.id}: adopt: "expiresAtMs" passed while waiting for the cache`,
      { field: 'expiresAtMs', problem: 'conflict' },
      { hint: 'Fetch another one, or let this source fetch it with refresh().' },
    )
  }
}
