import type { Awaitable } from '@lingpai/core'

/** The methods that a store must have: those of a `Keyv`, a storage adapter of Keyv, or a `Map`. */
export interface KeyvStore {
  /** Returns the value under the key. */
  get(key: string): unknown
  /** Writes a value; `ttlMs` is never above 0. */
  set(key: string, value: string, ttlMs?: number): unknown
  /** Returns `false` if nothing was stored, or if it failed. */
  delete(key: string): unknown
}

/** A store whose failures are always reported. */
export interface GuardedStore {
  /** Returns the text under `key`, or {@link damagedText} if it is not a text. Rejects if the store failed. */
  get(key: string): Promise<string | typeof damagedText | undefined>
  /** Writes without a time to live. Rejects if the text was not written. */
  set(key: string, text: string): Promise<void>
  /** Rejects if something is still stored afterwards. */
  delete(key: string): Promise<void>
}

/** Stands for a value that is not a text, or that the `Keyv` that wrote it cannot decode. */
export const damagedText = Symbol('damaged')

/** Creates the error of a failure that the store did not report. */
export type SilentFailure = (operation: 'get' | 'set' | 'remove') => Error

/** A store that finds nothing to delete and then has an entry, so many times in a row, has failed. */
const mostAttempts = 5

/** Makes a store throw on errors where it can, and detects the failures that it does not report. */
export function guardStore(store: KeyvStore, failure: SilentFailure): GuardedStore {
  const inner = innerStore(store)
  const watches = [store, inner].flatMap((part) => (part === undefined ? [] : [watch(part)]))
  const failures = (): number => watches.reduce((sum, { failures: count }) => sum + count, 0)
  for (const part of [store, inner]) if (part !== undefined) throwOnErrors(part)

  const read = async (key: string, operation: 'get' | 'remove', before: number): Promise<unknown> => {
    let found: unknown
    try {
      found = await store.get(key)
    } catch (error) {
      if (isSyntaxError(error) && (await isUndecodable(store, key))) return damagedText
      throw error
    }
    if (found !== undefined && found !== null) return found
    // A store that emits an error event and returns nothing has not said that the key is missing.
    if (failures() !== before) throw failure(operation)
    return undefined
  }
  return {
    get: async (key) => {
      const found = await read(key, 'get', failures())
      if (found === undefined || typeof found === 'string') return found
      return found instanceof Uint8Array ? Buffer.from(found).toString() : damagedText
    },
    set: async (key, text) => {
      // 0 disables the default time to live of a Keyv. Other stores are not given one at all.
      const answer: unknown = await (inner === undefined ? store.set(key, text) : store.set(key, text, 0))
      if (answer === false) throw failure('set')
    },
    delete: async (key) => {
      for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
        const before = failures()
        const answer: unknown = await store.delete(key)
        if (answer !== false || (await read(key, 'remove', before)) === undefined) return
        // Or another process has written the entry since the answer.
      }
      throw failure('remove')
    },
  }
}

/** The members of a `Keyv` that are used. */
interface KeyvParts {
  readonly store?: KeyvStore
  readonly namespace?: string
  readonly useKeyPrefix?: boolean
  deserializeData?(text: unknown): Awaitable<unknown>
}

/** Returns the store inside a `Keyv`; `undefined` for any other store. */
function innerStore(store: KeyvStore): KeyvStore | undefined {
  const { store: inner } = store as KeyvParts
  return typeof inner === 'object' && typeof inner.get === 'function' ? inner : undefined
}

/** Whether a `Keyv` failed to decode a value while its store responds: the row is damaged, and the store is up. */
async function isUndecodable(store: KeyvStore, key: string): Promise<boolean> {
  const keyv = store as KeyvParts
  const inner = innerStore(store)
  if (inner === undefined || typeof keyv.deserializeData !== 'function') return false
  const isPrefixed = keyv.useKeyPrefix !== false && keyv.namespace !== undefined && keyv.namespace !== ''
  let row: unknown
  try {
    row = await inner.get(isPrefixed ? `${keyv.namespace ?? ''}:${key}` : key)
  } catch {
    return false
  }
  if (row === undefined || row === null) return false
  try {
    await keyv.deserializeData(row)
    return false
  } catch (error) {
    return isSyntaxError(error)
  }
}

/** Matches the error of a parser. A serializer that decrypts may fail for other reasons, which do not mean damage. */
function isSyntaxError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { readonly name?: unknown }).name === 'SyntaxError'
}

function throwOnErrors(part: object): void {
  if ('throwOnErrors' in part) part.throwOnErrors = true
}

interface Watch {
  failures: number
}

/** One listener per store, for the life of the store: an `error` event without a listener would crash the process. */
const watched = new WeakMap<object, Watch>()

function watch(part: object): Watch {
  const known = watched.get(part)
  if (known !== undefined) return known
  const started: Watch = { failures: 0 }
  watched.set(part, started)
  const { on } = part as { on?: unknown }
  if (typeof on === 'function') {
    on.call(part, 'error', () => {
      started.failures += 1
    })
  }
  return started
}
