import { originOf, type Account } from '../account.js'
import type { ResolvedSpec } from '../provider.js'

/**
 * Returns the origins that an account's token may be sent to. Without a base URL, it is the origin of the token
 * request.
 */
export function apiOriginsOf<C>(spec: ResolvedSpec<C>, { ids }: Pick<Account, 'ids'>): readonly string[] {
  const { baseUrl, apiBaseUrl, apiOrigins = [] } = spec
  const named = [baseUrl, apiBaseUrl, ...apiOrigins].filter((url) => url !== undefined)
  const known = named.length > 0 ? named : [originOf(spec, ids)]
  return Object.freeze([...new Set(known.map((url) => new URL(url).origin))])
}
