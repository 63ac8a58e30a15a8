import { timingSafeEqual } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { hashOfSecret, parseClientKey, type ClientKey } from './client-key.js'

/** The client keys of a server. */
export interface ClientKeys {
  /** Returns the key of this text unless it is unknown or revoked. Takes equally long for a wrong secret and an unknown id. */
  verify(text: string): ClientKey | undefined
  /** Returns the key of this id unless it is unknown or revoked; the same object as long as the key stays unchanged. */
  find(id: string): ClientKey | undefined
  /** Number of keys that are not revoked. */
  readonly size: number
  /** Calls the listener when keys were added, removed or changed. @returns stops listening */
  onChange(listener: () => void): () => void
}

/** {@link ClientKeys} that can be replaced as a whole. */
export interface ReplaceableClientKeys extends ClientKeys {
  /** Replaces all keys. An unchanged key keeps its sessions and streams. */
  replace(keys: readonly ClientKey[]): void
}

/** Most verified texts to remember, so that a busy client's key is not hashed for each request. */
const mostVerified = 1000

/**
 * Creates client keys in memory, for a server whose keys are not in a file.
 *
 * @example
 * ```ts
 * import { clientKeys, createClientKey } from '@lingpai/server'
 *
 * const { text, key } = createClientKey({ name: 'shop', role: 'reader', accounts: '*' }, Date.now())
 * const keys = clientKeys([key])
 * keys.verify(text) // the key
 * keys.replace([]) // revokes all keys
 * ```
 */
export function clientKeys(keys: readonly ClientKey[] = []): ReplaceableClientKeys {
  let byId = new Map<string, { readonly key: ClientKey; readonly hash: Buffer }>()
  // A look-up compares hash codes of whole texts, seeded at random in each process, so its duration reveals nothing about the text.
  const verified = new Map<string, ClientKey>()
  const listeners = new Set<() => void>()
  const unknown = Buffer.alloc(32)

  // Open streams and polls compare key objects, so an unchanged key must keep its object.
  const unchanged = (key: ClientKey): ClientKey => {
    const known = byId.get(key.id)?.key
    return known !== undefined && isDeepStrictEqual(known, key) ? known : key
  }
  const replace = (next: readonly ClientKey[]): void => {
    const good = next.filter(({ revokedAt }) => revokedAt === undefined).map(unchanged)
    byId = new Map(good.map((key) => [key.id, { key, hash: Buffer.from(key.hash, 'hex') }]))
    verified.clear()
    for (const listener of [...listeners]) listener()
  }
  replace(keys)

  return {
    replace,
    verify: (text) => {
      const known = verified.get(text)
      if (known !== undefined) return known
      const parts = parseClientKey(text)
      const entry = byId.get(parts?.id ?? '')
      const isRight = timingSafeEqual(hashOfSecret(parts?.secret ?? ''), entry?.hash ?? unknown)
      if (!isRight || entry === undefined) return undefined
      if (verified.size >= mostVerified) verified.clear()
      verified.set(text, entry.key)
      return entry.key
    },
    find: (id) => byId.get(id)?.key,
    get size() {
      return byId.size
    },
    onChange: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
