/** Why a token does not work. */
export type DeadKind = 'expired' | 'superseded' | 'revoked' | 'unknown'

/** How a platform renews one kind of token. Platform seconds. */
export interface BookRules {
  /** As in a provider's renewal description. */
  readonly mode: 'rotate' | 'sticky' | 'extend' | 'independent'
  readonly lifeSeconds: number
  /** `sticky`: a request with less than this left brings a new token. */
  readonly windowSeconds: number
  /** How long the old token works once a new one took its place. */
  readonly overlapSeconds: number
}

/** A token as the platform remembers it. */
export interface SimToken {
  readonly value: string
  /** Names the token in ledgers: `qq:102000001#3`. */
  readonly id: string
  readonly issuedAtMs: number
  expiresAtMs: number
  /** When it stops working because of a newer one. */
  overlapEndsAtMs: number
  isRevoked: boolean
}

/** A token that was handed out. */
export interface Issue {
  readonly token: SimToken
  /** `false` when it is the one that was handed out before. */
  readonly isNew: boolean
  /** What is left of its life at this moment. */
  readonly leftMs: number
}

/** All tokens of one kind of one account. */
export interface TokenBook {
  /** What a request at the token endpoint brings. */
  ask(): Issue
  /** A new token in any case; the previous one keeps its overlap, older ones die at once. */
  rotate(): Issue
  /** Kills every token, or `only` one. With `sticky` the endpoint goes on handing out the dead one. */
  revoke(options?: { readonly only?: SimToken; readonly sticky?: boolean }): void
}

/** What a book is made of. */
export interface TokenBookOptions {
  /** Asked at each request, so that rules may change. */
  readonly rules: () => BookRules
  /** Platform milliseconds. */
  readonly nowMs: () => number
  /** Life below which a token counts as gone for the endpoint: its `expires_in` would read 0. Platform milliseconds. */
  readonly leastLifeMs: number
  /** Makes the value and the name of the next token. */
  readonly mint: () => { readonly value: string; readonly id: string }
  /** Told of each new token. */
  readonly onIssue: (token: SimToken) => void
}

/** The life of tokens as pure rules over a clock; knows no HTTP. */
export function tokenBook({ rules, nowMs, leastLifeMs, mint, onIssue }: TokenBookOptions): TokenBook {
  // The current one first; tokens that no rule can touch any more fall off the end.
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
      // Only the newest of the old ones has an overlap: two rotations in a row kill a leaked token at once.
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

/** Why a token is dead at a platform moment; `undefined` while it works. */
export function verdict(token: SimToken, nowMs: number): Exclude<DeadKind, 'unknown'> | undefined {
  if (token.isRevoked) return 'revoked'
  if (nowMs >= token.overlapEndsAtMs && token.overlapEndsAtMs < token.expiresAtMs) return 'superseded'
  return nowMs >= token.expiresAtMs ? 'expired' : undefined
}
