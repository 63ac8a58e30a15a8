import type { Clock } from '@lingpai/core'
import type { ServedAccount } from '../accounts/served-account.js'
import type { StoreClock } from '../store/store-clock.js'
import { tokenResponse, type TokenResponse } from './token-response.js'

/** Creates responses with a token and its current remaining lifetime. */
export interface TokenResponder {
  /** Returns a token with at least this remaining lifetime. */
  respond(account: ServedAccount, minLifeMs?: number): Promise<TokenResponse>
  /** Returns the same as JSON text if memory has a usable token: the fast path of the busiest route. */
  textFromMemory(account: ServedAccount): string | undefined
}

/** The parts of a response that stay the same for one token. */
interface Prepared {
  readonly value: string
  readonly expiresAtMs: number
  readonly head: string
  readonly tail: string
}

/** `peek()` does not refresh, so the source is also called at this interval to check the cache and refresh ahead. */
const betweenCallsMs = 100

/** Creates responses from the sources of the accounts. */
export function tokenResponder(time: Pick<StoreClock, 'nowMs'>, clock: Clock): TokenResponder {
  const prepared = new WeakMap<ServedAccount, Prepared>()
  const calledAtMs = new WeakMap<ServedAccount, number>()
  const call = (account: ServedAccount): void => {
    const nowMs = clock.monotonic()
    if (nowMs - (calledAtMs.get(account) ?? -Infinity) < betweenCallsMs) return
    calledAtMs.set(account, nowMs)
    account.source.getAccessToken().catch(() => undefined)
  }
  return {
    respond: async ({ provider, source }, minLifeMs = 0) =>
      tokenResponse(provider, await source.getRecord({ minLifeMs }), time.nowMs()),
    textFromMemory: (account) => {
      const { source, provider } = account
      const value = source.peek()
      if (value === undefined) return undefined
      const { generation, issuedAtMs, expiresAtMs } = source.status()
      if (generation === undefined || issuedAtMs === undefined || expiresAtMs === undefined) return undefined
      call(account)
      let ready = prepared.get(account)
      if (ready?.value !== value || ready.expiresAtMs !== expiresAtMs) {
        ready = prepare(tokenResponse(provider, { value, generation, issuedAtMs, expiresAtMs }, 0))
        prepared.set(account, ready)
      }
      const leftMs = Math.max(0, Math.floor(expiresAtMs - time.nowMs()))
      return `${ready.head}${Math.floor(leftMs / 1000)},"expires_in_ms":${leftMs}${ready.tail}`
    },
  }
}

function prepare({ access_token, expires_in: _, expires_in_ms: __, expires_at, ...rest }: TokenResponse): Prepared {
  return {
    value: access_token,
    expiresAtMs: expires_at,
    head: `{"access_token":${JSON.stringify(access_token)},"expires_in":`,
    tail: `,${JSON.stringify({ expires_at, ...rest }).slice(1)}`,
  }
}
