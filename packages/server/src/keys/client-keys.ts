import { timingSafeEqual } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { hashOfSecret, parseClientKey, type ClientKey } from './client-key.js'

/** The client keys of a server. */
export interface ClientKeys {
  /** The key of this text, if it is known and not revoked. Takes as long for a wrong secret as for an unknown id. */
  verify(text: string): ClientKey | undefined
  /** The key of this id, if it is known and not revoked; the same object for as long as nothing of it changes. */
  find(id: string): ClientKey | undefined
  /** Keys that are known and not revoked. */
  readonly size: number
  /** Tells that keys came, went or changed. @returns Ends the listening. */
  onChange(listener: () => void): () => void
}

/** {@link ClientKeys} that can be replaced as a whole. */
export interface ReplaceableClientKeys extends ClientKeys {
  /** Puts other keys in the place of these. A key that is as it was goes on, with its sessions and streams. */
  replace(keys: readonly ClientKey[]): void
}

/** Texts that were verified since the keys changed, so that a busy client is not hashed at each call. */
const mostVerified = 1000

/** Client keys in memory. */
export function clientKeys(keys: readonly ClientKey[] = []): ReplaceableClientKeys {
  let byId = new Map<string, { readonly key: ClientKey; readonly hash: Buffer }>()
  // A look-up compares the hash codes of whole texts, seeded at random in each process: it tells nothing of a near miss.
  const verified = new Map<string, ClientKey>()
  const listeners = new Set<() => void>()
  const nobody = Buffer.alloc(32)

  // Streams and polls know their key by its object: what becomes of other keys must not end them.
  const asBefore = (key: ClientKey): ClientKey => {
    const known = byId.get(key.id)?.key
    return known !== undefined && isDeepStrictEqual(known, key) ? known : key
  }
  const replace = (next: readonly ClientKey[]): void => {
    const good = next.filter(({ revokedAt }) => revokedAt === undefined).map(asBefore)
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
      const isRight = timingSafeEqual(hashOfSecret(parts?.secret ?? ''), entry?.hash ?? nobody)
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
