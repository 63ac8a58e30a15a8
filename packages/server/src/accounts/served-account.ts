import type { Provider, ResolvedSpec, TokenSource } from '@lingpai/core'
import { recordKeyOf } from '@lingpai/core/internal'

/** The part of any provider that the server reads. */
export interface AnyProvider extends Pick<Provider<never>, 'id' | 'kind'> {
  readonly spec: Omit<ResolvedSpec<never>, 'account' | 'env' | 'parent' | 'request' | 'secrets'>
}

/** An account that the server serves. */
export interface ServedAccount {
  /** Name in paths and in the accounts of keys: letters, digits, `.`, `-`, `_`. */
  readonly name: string
  readonly provider: AnyProvider
  readonly source: TokenSource
  /**
   * For facade clients that drop a token early, such as at `expires_in - 1500`. No response reports a shorter lifetime, even if the
   * platform issues another token before the current one expires. Make the provider renew earlier than this.
   */
  readonly minLifeSeconds?: number
  /**
   * Credentials derived from the token, by the names that the facades use: `jsapi` (WeChat, or the corp of WeCom), `wxCard` (WeChat's
   * cards), `agentConfig` (an agent of WeCom).
   */
  readonly tickets?: Readonly<Record<string, TokenSource>>
}

/**
 * Returns the cache key for data about an account. It contains the record's key, because two servers on one cache may use one name for
 * different accounts, or different secrets for one account.
 */
export async function storeKey(
  kind: 'timeline' | 'handed',
  { name, source }: Pick<ServedAccount, 'name' | 'source'>,
  ...rest: readonly string[]
): Promise<string> {
  const parts = [(await recordKeyOf(source)) ?? source.toString(), name, ...rest]
  return ['lingpai', kind, '3', ...parts.map((part) => encodeURIComponent(part.toWellFormed()))].join(':')
}
