import type { IAccessTokenCache } from '../cache.js'

/** A credential that a platform pushes, kept in a cache until the next one comes. */
export interface PushedCredential {
  /** Keeps a pushed value. Answer the platform after it resolves: it pushes again what was not acknowledged. */
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
      await cache.set(key, value.trim())
    },
    read: async () => (await cache.get(key)) ?? '',
  }
}
