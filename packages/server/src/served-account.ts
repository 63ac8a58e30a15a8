import type { Provider, ResolvedSpec, TokenSource } from '@lingpai/core'
import { recordKeyOf } from '@lingpai/core/internal'

/** A provider of whatever credentials, as far as the server reads it. */
export interface AnyProvider extends Pick<Provider<never>, 'id' | 'kind'> {
  readonly spec: Omit<ResolvedSpec<never>, 'account' | 'env' | 'parent' | 'request' | 'secrets'>
}

/** One account as the server serves it. */
export interface ServedAccount {
  /** As it stands in paths and in the keys' lists: letters, digits, `.`, `-`, `_`. */
  readonly name: string
  readonly provider: AnyProvider
  readonly source: TokenSource
  /**
   * For facade clients that give a token up early, such as `expires_in - 1500`: no response tells a shorter life, where the
   * platform gives another token before the end of the current one. Make the provider renew earlier than this.
   */
  readonly minLifeSeconds?: number
  /** Credentials that are derived from the token, for the facades that serve them. */
  readonly tickets?: { readonly [Name in TicketName]?: TokenSource }
}

/** `jsapi`: WeChat's or the corp's jsapi_ticket; `wxCard`: WeChat's card api_ticket; `agentConfig`: the agent's jsapi_ticket of WeCom. */
export type TicketName = 'jsapi' | 'wxCard' | 'agentConfig'

/**
 * Where the server stores what it knows of an account, beside the account's record: two servers on one cache may give the same name
 * to different accounts, or have other secrets of one.
 */
export async function storeKey(
  kind: 'timeline' | 'handed',
  { name, source }: Pick<ServedAccount, 'name' | 'source'>,
  ...rest: readonly string[]
): Promise<string> {
  const parts = [(await recordKeyOf(source)) ?? source.toString(), name, ...rest]
  return ['lingpai', kind, '3', ...parts.map((part) => encodeURIComponent(part.toWellFormed()))].join(':')
}
