import { hkdfSync, randomBytes, randomUUID } from 'node:crypto'
import { isLingpaiError, TransportError, type Clock, type IAccessTokenCache, type Timer } from '@lingpai/core'
import { pauseUntilAborted } from '@lingpai/core/internal'
import { withDeadline } from '../store/with-deadline.js'

const cacheKey = 'lingpai:surrogate-key:1'
const keyBytes = 32
const leaseMs = 5000
const storeMs = 2000
const pauseMs = 50
const lookMs = 30_000
/** Each loss of the cache may leave one more key behind. */
const mostKeys = 4

/** What the signing keys of the surrogates need. */
export interface SigningKeysParts {
  readonly cache: IAccessTokenCache
  readonly clock: Clock
  /** The operator's own key. */
  readonly sessionKey?: string | Uint8Array
}

/** The keys that sign surrogates. */
export interface SigningKeys {
  /** Resolves once a key is known. Rejects with `TransportError` while the cache fails; the next call tries again. */
  ready(): Promise<void>
  /** The first one signs, each verifies; empty until {@link ready} has resolved. */
  known(): readonly Uint8Array[]
  /** Stops comparing the key with that in the cache, and waiting for one. */
  close(): void
}

/**
 * Opens the keys that sign surrogates: one that is derived from the session key, or else a random one in the cache.
 *
 * Servers on one cache share tokens, so they share this key, too. A reader of the cache has the tokens already and gains nothing by it.
 * Once known, a key stays in memory. It is written again if the cache has lost it, and if another server was quicker, that one's key signs
 * from then on.
 */
export function signingKeys({ cache, clock, sessionKey }: SigningKeysParts): SigningKeys {
  if (sessionKey !== undefined) {
    const derived = [new Uint8Array(hkdfSync('sha256', sessionKey, '', 'lingpai:surrogate', keyBytes))]
    return { ready: () => Promise.resolve(), known: () => derived, close: () => undefined }
  }
  let known: readonly Buffer[] = []
  let loading: Promise<void> | undefined
  let timer: Timer | undefined
  const closing = new AbortController()
  const load = async (): Promise<void> => {
    const [mine = randomBytes(keyBytes)] = known
    const agreed = await agree({ cache, clock }, mine, closing.signal)
    known = [agreed, ...known.filter((key) => !key.equals(agreed))].slice(0, mostKeys)
  }
  const follow = (): void => {
    if (closing.signal.aborted) return
    // While the cache fails, the known keys are used.
    timer = clock.setTimer(() => void load().then(follow, follow), lookMs)
  }
  const begin = async (): Promise<void> => {
    try {
      await load()
      follow()
    } catch (error) {
      loading = undefined
      throw error
    }
  }
  return {
    ready: () => (loading ??= begin()),
    known: () => known,
    close: () => {
      closing.abort()
      timer?.cancel()
    },
  }
}

/** Returns the key in the cache, which is `mine` if there was none. @throws TransportError */
async function agree(
  { cache, clock }: Pick<SigningKeysParts, 'cache' | 'clock'>,
  mine: Buffer,
  closing: AbortSignal,
): Promise<Buffer> {
  const endsAtMs = clock.monotonic() + storeMs
  const work = async (): Promise<Buffer> => {
    let stored = keyIn(await cache.get(cacheKey))
    while (stored === undefined && clock.monotonic() < endsAtMs && !closing.aborted) {
      const isTried = await write(cache, mine.toString('base64url'))
      stored = keyIn(await cache.get(cacheKey))
      // Another server is writing one.
      if (stored === undefined && !isTried) await pauseUntilAborted(clock, pauseMs, closing, { holdsProcess: true })
    }
    if (stored === undefined) throw notAvailable()
    return stored
  }
  try {
    return await withDeadline(clock, storeMs, work())
  } catch (error) {
    throw isLingpaiError(error) ? error : notAvailable()
  }
}

/** Writes a key if there is none. Two servers that start together must agree, so they write under a lease where the cache has leases. */
async function write(cache: IAccessTokenCache, text: string): Promise<boolean> {
  const { lease } = cache
  if (lease === undefined) {
    await cache.set(cacheKey, text)
    return true
  }
  const holder = randomUUID()
  if (!(await lease.take(cacheKey, holder, leaseMs))) return false
  if (keyIn(await cache.get(cacheKey)) === undefined) await lease.commit(cacheKey, holder, text)
  else await lease.release(cacheKey, holder)
  return true
}

function notAvailable(): TransportError {
  return new TransportError('the cache gives no signing key', { provider: 'cache', phase: 'connect' })
}

function keyIn(text: string | null | undefined): Buffer | undefined {
  const bytes = Buffer.from(text ?? '', 'base64url')
  return bytes.length === keyBytes ? bytes : undefined
}
