import { internalCache, type Cache } from '@larksuiteoapi/node-sdk'
import { ConfigError, type TokenSource } from '@lingpai/core'
import type { HandedOut } from '@lingpai/core/internal'
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
      assertApp(asked, options?.namespace)
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

/** The SDK names the app of its client: a bridge that two clients share must not give one the token of the other's app. */
function assertApp({ account }: TokenSource, clientAppId: string | undefined): void {
  const { appId = clientAppId } = account.ids
  if (clientAppId === undefined || appId === clientAppId) return
  throw new ConfigError(
    `larkBridge: the client is of the app ${clientAppId}, and its source of the app ${appId}`,
    { field: 'source', problem: 'conflict' },
    { hint: 'Give each app a bridge of its own.' },
  )
}
