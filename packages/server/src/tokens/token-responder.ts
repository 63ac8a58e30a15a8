import type { Clock } from '@lingpai/core'
import type { ServedAccount } from '../accounts/served-account.js'
import type { StoreClock } from '../store/store-clock.js'
import { tokenResponse, type TokenResponse } from './token-response.js'

/** Creates responses with a token and its current remaining lifetime. */
export interface TokenResponder {
  /** Returns a token with at least this remaining lifetime. */
  respond(account: ServedAccount, minLifeMs?: number): Promise<TokenResponse>
  /**
   * Returns the response for the token in memory, if that is usable: the fast path of the busiest route.
   *
   * @param nowMs of the monotonic clock, if the caller has read it
   */
  fromMemory(account: ServedAccount, nowMs?: number): PreparedResponse | undefined
}

/** A response whose remaining lifetime is filled in when it is sent. */
export interface PreparedResponse {
  readonly generation: number
  /** Whether the JSON text has only ASCII characters, so that it has as many bytes. */
  readonly isAscii: boolean
  /** Returns the response as JSON text. */
  text(): string
}

/** The response for an account's token, and when its source was called last. */
interface Kept extends PreparedResponse {
  readonly value: string
  readonly calledAtMs: number
}

/**
 * `peek()` does not refresh, so the source is also called at this interval to check the cache and refresh ahead. An expiry that changes
 * while the token does not, because the platform returned it again, is seen at this interval, too.
 */
const betweenCallsMs = 100

/** Creates responses from the sources of the accounts. */
export function tokenResponder(time: Pick<StoreClock, 'nowMs'>, clock: Clock): TokenResponder {
  const kept = new WeakMap<ServedAccount, Kept>()
  const look = (account: ServedAccount, value: string, calledAtMs: number): Kept | undefined => {
    const { source, provider } = account
    const { generation, issuedAtMs, expiresAtMs } = source.status()
    if (generation === undefined || issuedAtMs === undefined || expiresAtMs === undefined) return undefined
    source.getAccessToken().catch(() => undefined)
    const record = { value, generation, issuedAtMs, expiresAtMs }
    const prepared = { ...prepare(tokenResponse(provider, record, 0), time), value, calledAtMs }
    kept.set(account, prepared)
    return prepared
  }
  return {
    respond: async ({ provider, source }, minLifeMs = 0) =>
      tokenResponse(provider, await source.getRecord({ minLifeMs }), time.nowMs()),
    fromMemory: (account, nowMs = clock.monotonic()) => {
      const value = account.source.peek()
      if (value === undefined) return undefined
      const ready = kept.get(account)
      return ready?.value === value && nowMs - ready.calledAtMs < betweenCallsMs ? ready : look(account, value, nowMs)
    },
  }
}

function prepare(
  { access_token, expires_in: _, expires_in_ms: __, expires_at, ...rest }: TokenResponse,
  { nowMs }: Pick<StoreClock, 'nowMs'>,
): PreparedResponse {
  const head = `{"access_token":${JSON.stringify(access_token)},"expires_in":`
  const tail = `,${JSON.stringify({ expires_at, ...rest }).slice(1)}`
  // A busy server sends many responses within a millisecond.
  let textLeftMs = -1
  let text = ''
  return {
    generation: rest.generation,
    isAscii: Buffer.byteLength(head + tail) === head.length + tail.length,
    text: () => {
      const leftMs = Math.max(0, Math.floor(expires_at - nowMs()))
      if (leftMs === textLeftMs) return text
      textLeftMs = leftMs
      text = `${head}${Math.floor(leftMs / 1000)},"expires_in_ms":${leftMs}${tail}`
      return text
    },
  }
}
