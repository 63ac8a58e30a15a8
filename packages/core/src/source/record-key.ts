import type { TokenSource } from '../token-source.js'

/** Where a source tells its record key. Registered, so that it is one for all copies of this package. */
export const recordKey = Symbol.for('lingpai.recordKey')

/** A source that tells its record key. */
export interface KeyedSource {
  [recordKey](): Promise<string>
}

/**
 * Where the record of a source stands in its cache; holds the fingerprint of the secret, so a secret that is a function is asked for
 * where it has not been.
 *
 * @returns `undefined` for sources of another make
 */
export async function recordKeyOf(source: TokenSource): Promise<string | undefined> {
  return (source as Partial<KeyedSource>)[recordKey]?.()
}
