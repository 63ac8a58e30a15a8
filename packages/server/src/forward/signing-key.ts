import { hkdfSync, randomBytes, randomUUID } from 'node:crypto'
import { TransportError, type Clock, type IAccessTokenCache } from '@lingpai/core'
import { withDeadline } from '../store/with-deadline.js'

const cacheKey = 'lingpai:surrogate-key:1'
const keyBytes = 32
const leaseMs = 5000
const storeMs = 2000

/** What the signing key of the surrogates needs. */
export interface SigningKeyParts {
  readonly cache: IAccessTokenCache
  readonly clock: Clock
  /** The operator's own key. */
  readonly sessionKey?: string | Uint8Array
}

/**
 * Returns a function that gives the key that signs surrogates: derived from the session key, or else a random one from the cache.
 *
 * Servers on one cache share tokens, so they share this key, too. A reader of the cache has the tokens already and gains nothing by it.
 * Once known, the key stays in memory. The function rejects with `TransportError` while the cache fails.
 */
export function signingKeyOf({ cache, clock, sessionKey }: SigningKeyParts): () => Promise<Uint8Array> {
  if (sessionKey !== undefined) {
    const derived = new Uint8Array(hkdfSync('sha256', sessionKey, '', 'lingpai:surrogate', keyBytes))
    return () => Promise.resolve(derived)
  }
  let known: Promise<Uint8Array> | undefined
  const load = async (): Promise<Uint8Array> => {
    try {
      return await withDeadline(clock, storeMs, readOrCreate(cache))
    } catch (error) {
      known = undefined
      throw error
    }
  }
  return () => (known ??= load())
}

async function readOrCreate(cache: IAccessTokenCache): Promise<Uint8Array> {
  const stored = keyIn(await cache.get(cacheKey))
  if (stored !== undefined) return stored
  const fresh = randomBytes(keyBytes).toString('base64url')
  // Two servers that start together must agree on one key, so it is written under a lease where the cache has leases.
  if (cache.lease === undefined) await cache.set(cacheKey, fresh)
  else await create(cache, cache.lease, fresh)
  const agreed = keyIn(await cache.get(cacheKey))
  if (agreed === undefined)
    throw new TransportError('the cache has no signing key yet', { provider: 'cache', phase: 'connect' })
  return agreed
}

async function create(
  cache: IAccessTokenCache,
  lease: NonNullable<IAccessTokenCache['lease']>,
  fresh: string,
): Promise<void> {
  const holder = randomUUID()
  if (!(await lease.take(cacheKey, holder, leaseMs))) return
  if (keyIn(await cache.get(cacheKey)) === undefined) await lease.commit(cacheKey, holder, fresh)
  else await lease.release(cacheKey, holder)
}

function keyIn(text: string | null | undefined): Uint8Array | undefined {
  const bytes = Buffer.from(text ?? '', 'base64url')
  return bytes.length === keyBytes ? bytes : undefined
}
