import type { IAccessTokenCache } from '../cache.js'
import { systemClock } from '../clock.js'
import { CacheError } from '../errors.js'
import { lastingFailure } from './lasting-failure.js'
import { scrubCause } from '../secrecy/redact.js'
import { nodeCrypto } from '../node-crypto.js'

/** The entry that the check writes and removes. */
const entry = 'lingpai:ready'
const leaseMs = 1000

/**
 * Writes to a store as a refresh does; implements `ready` of a cache.
 *
 * @param name the factory of the cache, for the error
 * @throws CacheError with `retryable: false` and a hint if waiting cannot solve the problem
 */
export async function assertReady(name: string, cache: IAccessTokenCache): Promise<void> {
  const { lease, reach = 'process' } = cache
  try {
    if (lease === undefined) {
      await cache.set(entry, 'ready', systemClock.now() + leaseMs)
      await cache.remove(entry)
    } else {
      const holder = nodeCrypto().randomUUID()
      await lease.take(entry, holder, leaseMs)
      await lease.release(entry, holder)
    }
  } catch (error) {
    const lasting = lastingFailure(error)
    const { message, code } = error as { readonly message?: unknown; readonly code?: unknown }
    const why = lasting?.hint ?? (typeof code === 'string' ? code : String(message))
    throw new CacheError(
      `${name}: the store cannot be used: ${why}`,
      { operation: lease === undefined ? 'set' : 'take', reach, problem: 'failed' },
      { cause: scrubCause(error), ...(lasting && { retryable: false, hint: lasting.hint }) },
    )
  }
}
