import { createHmac, timingSafeEqual } from 'node:crypto'
import type { ClientKey } from '../keys/client-key.js'
import type { ClientKeys } from '../keys/client-keys.js'

/** How a surrogate token begins. */
export const surrogatePrefix = 'lpt_'

/** Lifetime that a client is told, which is the usual one of the platforms. */
export const reportedSeconds = 7200

/** A surrogate works for longer than its client is told, because some SDKs keep a token too long. */
const lifeMs = 24 * 3_600_000

/** The end is rounded up to this, so that a client that asks again soon receives the same text. */
const roundMs = 3_600_000

/** Most opened texts to remember, so that the seal of a busy client's surrogate is not computed for each call. */
const mostOpened = 1000

const pattern = /^lpt_([0-9a-z]{10})\.([\w-]{1,800})\.([0-9a-z]{1,12})\.([\w-]{43})$/

/** What a surrogate stands for. */
export interface OpenedSurrogate {
  readonly key: ClientKey
  /** Name of the account. */
  readonly account: string
}

/**
 * Tokens that clients send in place of a platform's token. Each names a client key and an account, and works only on this server and on
 * others with the same signing key. It ends with its client key.
 */
export interface Surrogates {
  /** Creates a surrogate; the same one for an hour. */
  issue(key: ClientKey, account: string): string
  /** Returns what a surrogate stands for; `undefined` if it is forged or expired, or its client key was revoked or replaced. */
  open(text: string): OpenedSurrogate | undefined
}

/** What surrogates need. */
export interface SurrogatesParts {
  /** The first one signs, each verifies. */
  readonly signingKeys: () => readonly Uint8Array[]
  readonly keys: Pick<ClientKeys, 'find'>
  readonly nowMs: () => number
}

/** Creates and verifies surrogates. They are not stored. */
export function surrogates({ signingKeys, keys, nowMs }: SurrogatesParts): Surrogates {
  const opened = new Map<string, OpenedSurrogate & { readonly untilMs: number }>()
  // The seal includes the hash: a key with the same id and another secret must not share surrogates.
  const sealsOf = ({ id, hash }: ClientKey, account: string, until: string): readonly Buffer[] =>
    signingKeys().map((signingKey) =>
      createHmac('sha256', signingKey).update(`lingpai:surrogate:1:${id}:${hash}:${account}:${until}`).digest(),
    )

  const verify = (text: string): (OpenedSurrogate & { readonly untilMs: number }) | undefined => {
    const [, id = '', name = '', until = '', seal = ''] = pattern.exec(text) ?? []
    const key = keys.find(id)
    const untilMs = Number.parseInt(until, 36)
    // An end too far ahead comes from a wrong clock or a leaked signing key.
    if (key === undefined || untilMs > nowMs() + lifeMs + roundMs) return undefined
    const given = Buffer.from(seal, 'base64url')
    const isSealed = sealsOf(key, name, until).some((good) => timingSafeEqual(good, given))
    return isSealed ? { key, account: Buffer.from(name, 'base64url').toString(), untilMs } : undefined
  }

  return {
    issue: (key, account) => {
      const until = (Math.ceil((nowMs() + lifeMs) / roundMs) * roundMs).toString(36)
      const name = Buffer.from(account).toString('base64url')
      const [seal] = sealsOf(key, name, until)
      return `${surrogatePrefix}${key.id}.${name}.${until}.${seal?.toString('base64url')}`
    },
    open: (text) => {
      let found = opened.get(text)
      // A revoked key is not found, and a replaced one is another object.
      if (found === undefined || keys.find(found.key.id) !== found.key) {
        found = verify(text)
        if (found === undefined) return undefined
        if (opened.size >= mostOpened) opened.clear()
        opened.set(text, found)
      }
      return found.untilMs > nowMs() ? found : undefined
    },
  }
}
