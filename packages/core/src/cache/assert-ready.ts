import type { IAccessTokenCache } from '../cache.js'
import { systemClock } from '../clock.js'
import { CacheError, type CacheErrorDetails } from '../errors.js'
import { lastingFailure } from './lasting-failure.js'
import { scrubCause } from '../secrecy/redact.js'
import { nodeCrypto } from '../node-crypto.js'

/** The entry that the check writes and removes. */
const entry = 'lingpai:ready'
const lifeMs = 1000

/**
 * Uses a store as a refresh does, each operation once; implements `ready` of a cache.
 *
 * @param name the factory of the cache, for the error
 * @throws CacheError with `retryable: false` and a hint if waiting cannot solve the problem
 */
export async function assertReady(name: string, cache: IAccessTokenCache): Promise<void> {
  const { reach = 'process' } = cache
  let operation: CacheErrorDetails['operation'] = 'now'
  try {
    for (const [step, use] of stepsOf(cache)) {
      operation = step
      await use()
    }
  } catch (error) {
    const lasting = lastingFailure(error)
    const { message, code } = error as { readonly message?: unknown; readonly code?: unknown }
    const why = lasting?.hint ?? (typeof code === 'string' ? code : String(message))
    throw new CacheError(
      `${name}: the store cannot be used: ${why}`,
      { operation, reach, problem: 'failed' },
      { cause: scrubCause(error), ...(lasting && { retryable: false, hint: lasting.hint }) },
    )
  }
}

type Step = readonly [operation: CacheErrorDetails['operation'], use: () => unknown]

/** Another process may check the store at the same time. What an operation returns is therefore not judged. */
function stepsOf(cache: IAccessTokenCache): readonly Step[] {
  const { lease } = cache
  const holder = nodeCrypto().randomUUID()
  const endsAtMs = systemClock.now() + lifeMs
  const write: readonly Step[] =
    lease === undefined
      ? [['set', () => cache.set(entry, 'ready', endsAtMs)]]
      : [
          ['take', () => lease.take(entry, holder, lifeMs)],
          ['commit', () => lease.commit(entry, holder, 'ready', endsAtMs)],
        ]
  return [
    ['now', () => cache.nowMs?.()],
    ...write,
    // A store may let a user write what they may not read.
    ['get', () => cache.get(entry)],
    ['remove', () => cache.remove(entry)],
  ]
}
