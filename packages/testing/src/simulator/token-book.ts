import type { RenewalMode } from '@lingpai/core'
/** Why a token does not work. */
export type DeadKind = 'expired' | 'superseded' | 'revoked' | 'unknown'

/** How a platform renews one kind of token, in platform seconds. */
export interface BookRules {
  /** As in a provider's renewal description. */
  readonly mode: RenewalMode
  readonly lifeSeconds: number
  /** `sticky`: a request with less than this left returns a new token. */
  readonly windowSeconds: number
  /** How long the old token works after a new one replaced it. */
  readonly overlapSeconds: number
  /** Random bytes of a token, for platforms with long ones. @default 72 */
  readonly tokenBytes?: number
}

/** A token in the platform's memory. */
export interface SimToken {
  readonly value: string
  /** Identifies the token in ledgers: `qq:102000001#3`. */
  readonly id: string
  readonly issuedAtMs: number
  expiresAtMs: number
  /** When it stops working because of a newer token. */
  overlapEndsAtMs: number
  isRevoked: boolean
}

/** An issued token. */
export interface Issue {
  readonly token: SimToken
  /** `false` if the same token was issued before. */
  readonly isNew: boolean
  /** Remaining life. */
  readonly leftMs: number
}

/** All tokens of one kind of an account. */
export interface TokenBook {
  /** Handles a request at the token endpoint. */
  ask(): Issue
  /** Always creates a token; the previous one has an overlap, and older ones die at once. */
  rotate(): Issue
  /** Revokes every token, or `only` one. With `sticky` the endpoint still returns the dead one. */
  revoke(options?: { readonly only?: SimToken; readonly sticky?: boolean }): void
}

/** What a token book needs. */
export interface TokenBookOptions {
  /** Read for each request, so that rules may change. */
  readonly rules: () => BookRules
  /** Platform milliseconds. */
  readonly nowMs: () => number
  /** A token with less life counts as expired at the endpoint, because its `expires_in` would be 0. Platform milliseconds. */
  readonly leastLifeMs: number
  /** Creates the value and the id of the next token. */
  readonly mint: () => { readonly value: string; readonly id: string }
  /** Called with each new token. */
  readonly onIssue: (token: SimToken) => void
}

/** The life of tokens as rules on a clock, without HTTP. */
export function tokenBook({ rules, nowMs, leastLifeMs, mint, onIssue }: TokenBookOptions): TokenBook {
  // The current token comes first; tokens that no rule affects any more are dropped from the end.
  let tokens: readonly SimToken[] = []
  let current: SimToken | undefined

  const issue = (): Issue => {
    const now = nowMs()
    const token: SimToken = {
      ...mint(),
      issuedAtMs: now,
      expiresAtMs: now + rules().lifeSeconds * 1000,
      overlapEndsAtMs: Infinity,
      isRevoked: false,
    }
    tokens = [token, ...tokens.filter((old) => verdict(old, now) === undefined)]
    current = token
    onIssue(token)
    return { token, isNew: true, leftMs: rules().lifeSeconds * 1000 }
  }

  const rotate = (): Issue => {
    const now = nowMs()
    for (const old of tokens) {
      // Only the newest of the old tokens has an overlap: two rotations in a row kill a leaked token at once.
      const endsAtMs = old === current ? now + rules().overlapSeconds * 1000 : now
      old.overlapEndsAtMs = Math.min(old.overlapEndsAtMs, endsAtMs)
    }
    return issue()
  }

  return {
    ask: () => {
      const { mode, lifeSeconds, windowSeconds } = rules()
      if (mode === 'rotate') return rotate()
      if (mode === 'independent' || current === undefined) return issue()
      const leftMs = current.expiresAtMs - nowMs()
      if (mode === 'extend' && leftMs > 0) {
        current.expiresAtMs += lifeSeconds * 1000 - leftMs
        return { token: current, isNew: false, leftMs: lifeSeconds * 1000 }
      }
      const isRepeated = leftMs >= Math.max(windowSeconds * 1000, leastLifeMs)
      return isRepeated ? { token: current, isNew: false, leftMs } : issue()
    },
    rotate,
    revoke: ({ only, sticky = false } = {}) => {
      for (const token of only === undefined ? tokens : [only]) token.isRevoked = true
      if (!sticky && (only === undefined || only === current)) current = undefined
    },
  }
}

/** Returns why a token is dead at a platform time; `undefined` while it works. */
export function verdict(token: SimToken, nowMs: number): Exclude<DeadKind, 'unknown'> | undefined {
  if (token.isRevoked) return 'revoked'
  if (nowMs >= token.overlapEndsAtMs && token.overlapEndsAtMs < token.expiresAtMs) return 'superseded'
  return nowMs >= token.expiresAtMs ? 'expired' : undefined
}
