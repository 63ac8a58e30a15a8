import { internalCache, type Cache } from '@larksuiteoapi/node-sdk'
import type { TokenSource } from '@lingpai/core'
import type { HandedOut } from './handed-out.js'
import type { LarkBridgeOptions } from './options.js'

/** The SDK's key of the tenant token. Each copy of the SDK has a symbol of its own, so its text is compared. */
const tenantTokenKey = 'Symbol(tenant-access-token)'
/** The SDK's keys of a store app's tenant tokens begin like this, and end with the tenant key. */
const marketTokenPrefix = 'larkMarketAccessToken'
const appTicketKey = 'Symbol(app-ticket)'

/** The SDK asks its cache for the tenant token before each call; it requests none while it finds one there. */
export function tokenCache(
  source: TokenSource | ((tenantKey: string) => TokenSource),
  handedOut: HandedOut,
  { cache = internalCache, onAppTicket }: Omit<LarkBridgeOptions, 'httpInstance'>,
): Cache {
  const sourceFor = (key: string): TokenSource | undefined => {
    if (typeof source !== 'function') return key === tenantTokenKey ? source : undefined
    return key.startsWith(marketTokenPrefix) ? source(key.slice(marketTokenPrefix.length)) : undefined
  }
  return {
    get: async (key, options) => {
      const asked = sourceFor(String(key))
      if (asked === undefined) return cache.get(key, options) as Promise<unknown>
      const token = await asked.getAccessToken()
      handedOut.add(token, asked)
      return token
    },
    set: async (key, value: unknown, expire, options) => {
      if (sourceFor(String(key)) !== undefined) return true
      if (String(key) === appTicketKey && typeof value === 'string') await onAppTicket?.(value)
      return cache.set(key, value, expire, options)
    },
  }
}
