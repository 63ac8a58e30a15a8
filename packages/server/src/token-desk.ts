import type { Clock } from '@lingpai/core'
import type { ServedAccount } from './served-account.js'
import type { SharedTime } from './shared-time.js'
import { tokenAnswer, type TokenAnswer } from './token-answer.js'

/** Answers that hold a token. */
export interface TokenDesk {
  /** A token that lives at least so long. */
  answer(account: ServedAccount, minLifeMs?: number): Promise<TokenAnswer>
  /** The same as JSON text, if a token is at hand: for the one route that is asked all day. */
  textAtHand(account: ServedAccount): string | undefined
}

/** What stays of an answer for as long as the token does. */
interface Prepared {
  readonly value: string
  readonly expiresAtMs: number
  readonly head: string
  readonly tail: string
}

/** A source that is only peeked at has to be asked now and then: it looks at the cache, and renews, behind its callers. */
const betweenCallsMs = 100

/** Hands out the tokens of the sources, with the life that is left at this moment. */
export function tokenDesk(time: Pick<SharedTime, 'nowMs'>, clock: Clock): TokenDesk {
  const prepared = new WeakMap<ServedAccount, Prepared>()
  const calledAtMs = new WeakMap<ServedAccount, number>()
  const call = (account: ServedAccount): void => {
    const nowMs = clock.monotonic()
    if (nowMs - (calledAtMs.get(account) ?? -Infinity) < betweenCallsMs) return
    calledAtMs.set(account, nowMs)
    account.source.getAccessToken().catch(() => undefined)
  }
  return {
    answer: async ({ provider, source }, minLifeMs = 0) =>
      tokenAnswer(provider, await source.getRecord({ minLifeMs }), time.nowMs()),
    textAtHand: (account) => {
      const { source, provider } = account
      const value = source.peek()
      if (value === undefined) return undefined
      const { generation, issuedAtMs, expiresAtMs } = source.status()
      if (generation === undefined || issuedAtMs === undefined || expiresAtMs === undefined) return undefined
      call(account)
      let ready = prepared.get(account)
      if (ready?.value !== value || ready.expiresAtMs !== expiresAtMs) {
        ready = prepare(tokenAnswer(provider, { value, generation, issuedAtMs, expiresAtMs }, 0))
        prepared.set(account, ready)
      }
      const leftMs = Math.max(0, Math.floor(expiresAtMs - time.nowMs()))
      return `${ready.head}${Math.floor(leftMs / 1000)},"expires_in_ms":${leftMs}${ready.tail}`
    },
  }
}

function prepare({ access_token, expires_in: _, expires_in_ms: __, expires_at, ...rest }: TokenAnswer): Prepared {
  return {
    value: access_token,
    expiresAtMs: expires_at,
    head: `{"access_token":${JSON.stringify(access_token)},"expires_in":`,
    tail: `,${JSON.stringify({ expires_at, ...rest }).slice(1)}`,
  }
}
