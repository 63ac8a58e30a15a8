import { defaultHttpInstance, type Cache, type HttpInstance } from '@larksuiteoapi/node-sdk'
import type { TokenSource } from '@lingpai/core'
import { HandedOut } from '@lingpai/core/internal'
import { healingHttp } from './healing-http.js'
import type { LarkBridgeOptions } from './options.js'
import { tokenCache } from './token-cache.js'

/** The parameters of the SDK's `Client` that make it use a {@link TokenSource}. */
export interface LarkBridge {
  readonly cache: Cache
  readonly httpInstance: HttpInstance
}

/**
 * Makes a client of `@larksuiteoapi/node-sdk` take its tenant tokens from a source. The SDK alone requests one for every caller of a
 * cold start, and uses a revoked one until the process restarts. With the bridge, all processes share one token, and a call whose token
 * Feishu rejects is made once more with another one.
 *
 * A call whose body is a stream is not repeated: its rejection is reported, so that the next call works. Calls with a user's token pass
 * through unchanged.
 *
 * @param source the source of the app's tenant token; for a store app, a function that returns the source of a tenant key
 * @example
 * ```ts
 * import { Client } from '@larksuiteoapi/node-sdk'
 * import { larkBridge } from '@lingpai/bridge-lark'
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 * import { feishu } from '@lingpai/provider-feishu'
 *
 * const tokens = new TokenManager({ cache: fileCache({ directory: '.lingpai' }) })
 * const credentials = feishu.credentialsFromEnv()
 * const client = new Client({ ...credentials, ...larkBridge(tokens.source(feishu, credentials)) })
 * ```
 */
export function larkBridge(
  source: TokenSource | ((tenantKey: string) => TokenSource),
  options: LarkBridgeOptions = {},
): LarkBridge {
  const { httpInstance = defaultHttpInstance as HttpInstance, cache, onAppTicket } = options
  const handedOut = new HandedOut()
  return {
    cache: tokenCache(source, handedOut, { ...(cache && { cache }), ...(onAppTicket && { onAppTicket }) }),
    httpInstance: healingHttp(httpInstance, handedOut),
  }
}
