import type { Awaitable } from '@lingpai/core'

/** What is needed of a store: a `Keyv`, a storage adapter of Keyv, a `Map`, or anything else with these three methods. */
export interface KeyvStore {
  /** What stands under the key. */
  get(key: string): unknown
  /** Writes; is never given a time to live above 0. */
  set(key: string, value: string, ttlMs?: number): unknown
  /** Answering `false` means that nothing was there, or that it failed. */
  delete(key: string): unknown
}

/** A store that tells its failures. */
export interface GuardedStore {
  /** The text under `key`; {@link damagedText} where the store has something else there. Rejects when the store failed. */
  get(key: string): Promise<string | typeof damagedText | undefined>
  /** Writes without any time to live. Rejects unless written. */
  set(key: string, text: string): Promise<void>
  /** Rejects unless nothing is there afterwards. */
  delete(key: string): Promise<void>
}

/** What is no text, or cannot be decoded by the `Keyv` that wrote it. */
export const damagedText = Symbol('damaged')

/** A failure that the store kept to itself. */
export type SilentFailure = (operation: 'get' | 'set' | 'remove') => Error

/** Makes a store throw wherever it can be told to, and finds out the failures that it still keeps to itself. */
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
    // A store that reports an error as an event and then answers "nothing" has not said that nothing is there.
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
      // A Keyv may have a time to live of its own, which 0 turns off; other stores are not given one at all.
      const answer: unknown = await (inner === undefined ? store.set(key, text) : store.set(key, text, 0))
      if (answer === false) throw failure('set')
    },
    delete: async (key) => {
      const before = failures()
      const answer: unknown = await store.delete(key)
      if (answer === false && (await read(key, 'remove', before)) !== undefined) throw failure('remove')
    },
  }
}

/** The parts of a `Keyv` that are used where it is one. */
interface KeyvParts {
  readonly store?: KeyvStore
  readonly namespace?: string
  readonly useKeyPrefix?: boolean
  deserializeData?(text: unknown): Awaitable<unknown>
}

/** The store inside of a `Keyv`; `undefined` for a store that is none. */
function innerStore(store: KeyvStore): KeyvStore | undefined {
  const { store: inner } = store as KeyvParts
  return typeof inner === 'object' && typeof inner.get === 'function' ? inner : undefined
}

/** Whether a `Keyv` failed at decoding, while its store answers: such a row is damaged, and no sign of an outage. */
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

/** What a parser says of garbage. A serializer that decrypts may fail for other reasons, which are no sign of damage. */
function isSyntaxError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { readonly name?: unknown }).name === 'SyntaxError'
}

function throwOnErrors(part: object): void {
  if ('throwOnErrors' in part) part.throwOnErrors = true
}

interface Watch {
  failures: number
}

/** One listener for each store, for as long as the store lives: an `error` that nobody listens to ends the process. */
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
