import type { IAccessTokenCache } from '../cache.js'
import { credentialProblem } from '../account.js'
import { ConfigError } from '../errors.js'

/** A credential that a platform pushes, kept in a cache until the next one comes. */
export interface PushedCredential {
  /**
   * Keeps a pushed value. Answer the platform after it resolves: it pushes again what was not acknowledged.
   *
   * @throws ConfigError for a value that no request can carry, such as an empty one: the one before it stays
   */
  readonly receive: (value: string) => Promise<void>
  /** The latest value, or an empty text if none has come yet. Give it to a source as the credential. */
  readonly read: () => Promise<string>
}

/**
 * Keeps a pushed credential in a cache, without expiry. Processes that share the cache share the value, and it survives restarts
 * where the cache does. It is stored as it is: wrap the cache with `encryptedCache` to encrypt it.
 *
 * @param name what distinguishes it: platform, app and field
 */
export function pushedCredential(cache: IAccessTokenCache, ...name: readonly string[]): PushedCredential {
  const key = ['lingpai', 'pushed', '1', ...name.map((part) => encodeURIComponent(part))].join(':')
  return {
    receive: async (value) => {
      const problem = credentialProblem(value)
      if (problem !== undefined) {
        const field = name.at(-1) ?? 'value'
        throw new ConfigError(`the pushed ${field} is ${problem}`, { field, problem })
      }
      await cache.set(key, value.trim())
    },
    read: async () => (await cache.get(key)) ?? '',
  }
}
