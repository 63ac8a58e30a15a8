import { originOf, type Account } from '../account.js'
import type { ResolvedSpec } from '../provider.js'

/** The origins of providers whose description names them: the same for all accounts. */
const named = new WeakMap<object, readonly string[]>()

/**
 * Returns the origins that an account's token may be sent to. Without a base URL, it is the origin of the token
 * request.
 */
export function apiOriginsOf<C>(spec: ResolvedSpec<C>, { ids }: Pick<Account, 'ids'>): readonly string[] {
  const known = named.get(spec)
  if (known !== undefined) return known
  const { baseUrl, apiBaseUrl, apiOrigins = [] } = spec
  const urls = [baseUrl, apiBaseUrl, ...apiOrigins].filter((url) => url !== undefined)
  if (urls.length === 0) return Object.freeze([originOf(spec, ids)])
  const origins = Object.freeze([...new Set(urls.map((url) => new URL(url).origin))])
  named.set(spec, origins)
  return origins
}
