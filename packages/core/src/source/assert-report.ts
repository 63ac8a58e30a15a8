import type { PlatformCode } from '../error-class.js'
import { ConfigError } from '../errors.js'
import type { ProviderSpec } from '../provider.js'
import { classOf, isTokenError } from '../provider/classify.js'
import { redact } from '../secrecy/redact.js'
import { heldTokens, type AccountState } from '../state/account-state.js'

/**
 * Asserts that a report names a token. A bare number may be the platform's code, and would be taken for a generation.
 */
export function assertRejected(rejected: unknown): void {
  if (typeof rejected === 'string' && rejected !== '') return
  const { generation } = Object(rejected) as { readonly generation?: unknown }
  if (Number.isSafeInteger(generation)) return
  throw new ConfigError(
    'reportRejected: the first argument must be the rejected token or { generation }',
    { field: 'rejected', problem: typeof rejected === 'string' ? 'empty' : 'malformed' },
    { hint: "Pass the token first and the platform's code second: reportRejected(token, code)." },
  )
}

/** Asserts that a report's code is a token error of the provider. */
export function assertTokenError(
  { errors, id }: Pick<ProviderSpec<never>, 'errors' | 'id'>,
  code: PlatformCode | undefined,
  state: AccountState | undefined,
): void {
  if (code === undefined || isTokenError({ errorClass: classOf(errors.api, code) })) return
  throw new ConfigError(
    `${id}: code ${redact(String(code), state && heldTokens(state))} is not a token error in the provider's table, so it causes no refresh`,
    { field: 'code', problem: 'conflict' },
    { hint: 'If the platform rejects tokens with this code, add it with provider.extend({ errors: { api: … } }).' },
  )
}
