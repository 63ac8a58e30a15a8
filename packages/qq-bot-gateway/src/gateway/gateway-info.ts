import { MalformedResponseError, type Clock, type TokenSource } from '@lingpai/core'
import { apiErrorIn } from '../api/api-error.js'
import { readApiResponse } from '../api/read-api-response.js'
import { assertOwnGateway, isSocketUrl } from './gateway-address.js'

/** What the platform returns about its gateway. */
export interface GatewayInfo {
  /** Where to connect, `wss:`. */
  readonly url: string
  /** Recommended number of connections. */
  readonly shards: number
  /** Limit of session starts; absent if the platform returned none. */
  readonly startLimit?: StartLimit
}

/** `session_start_limit`, under our names. */
export interface StartLimit {
  /** Remaining session starts. */
  readonly remaining: number
  /** Milliseconds until all starts are available again. */
  readonly resetAfterMs: number
  /** Number of sessions that may start within 5 seconds. */
  readonly maxConcurrency: number
}

const path = '/gateway/bot'

/**
 * Asks the platform for its gateway address. The request goes through the source and uses its host, its token and its retry after a
 * rejected token.
 *
 * @throws PlatformError, TransportError or MalformedResponseError; the signal's reason after an abort
 * @see https://bot.q.qq.com/wiki/develop/api-v2/event-emit/websocket.html (read 2026-11-20)
 */
export async function fetchGatewayInfo(
  source: TokenSource,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<GatewayInfo> {
  const { provider } = source.account
  // The API never redirects. Following a redirect would let its target choose where the token is sent next.
  const response = await readApiResponse(await source.fetch(path, { signal, redirect: 'manual' }))
  const rejection = apiErrorIn(source, response, { clock })
  if (rejection !== undefined) throw rejection
  const { status, bytes, body = {} } = response
  const { url, shards, session_start_limit: limit } = body
  if (typeof url !== 'string' || !isSocketUrl(url)) {
    const problem = 'not-an-object'
    throw new MalformedResponseError(`${provider}: ${path} has no gateway address`, {
      provider,
      problem,
      status,
      bytes,
    })
  }
  assertOwnGateway(source, url, status)
  const startLimit = startLimitOf(limit)
  return { url, shards: isShardCount(shards) ? shards : 1, ...(startLimit && { startLimit }) }
}

function startLimitOf(limit: unknown): StartLimit | undefined {
  if (typeof limit !== 'object' || limit === null) return undefined
  const { remaining, reset_after: resetAfterMs, max_concurrency: maxConcurrency } = limit as Record<string, unknown>
  if (!isCount(remaining) || !isCount(resetAfterMs)) return undefined
  return { remaining, resetAfterMs, maxConcurrency: isCount(maxConcurrency) && maxConcurrency > 0 ? maxConcurrency : 1 }
}

/** A larger recommendation is treated as a mistake. */
const mostShards = 10_000

function isShardCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0 && Number(value) <= mostShards
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
