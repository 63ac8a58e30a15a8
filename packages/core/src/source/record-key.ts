import type { TokenSource } from '../token-source.js'

/**
 * The method under which a source returns its record key. Registered globally, so that all copies of this package share
 * it.
 */
export const recordKey = Symbol.for('lingpai.recordKey')

/** A source that returns its record key. */
export interface KeyedSource {
  [recordKey](): Promise<string>
}

/**
 * The cache key of a source's record. It contains the fingerprint of the secret, so a secret that is a function is
 * fetched if it has not been yet.
 *
 * @returns `undefined` for a source of another implementation
 */
export async function recordKeyOf(source: TokenSource): Promise<string | undefined> {
  return (source as Partial<KeyedSource>)[recordKey]?.()
}
