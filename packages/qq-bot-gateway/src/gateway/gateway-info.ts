import { MalformedAnswerError, type Clock, type TokenSource } from '@lingpai/core'
import { apiErrorIn } from '../api/api-error.js'
import { readApiAnswer } from '../api/read-api-answer.js'
import { assertOwnGateway, isSocketUrl } from './gateway-address.js'

/** What the platform says of its gateway. */
export interface GatewayInfo {
  /** Where to connect, `wss:`. */
  readonly url: string
  /** Connections that it recommends. */
  readonly shards: number
  /** How many sessions may still be started; absent where it did not say. */
  readonly startLimit?: StartLimit
}

/** `session_start_limit`, in our terms. */
export interface StartLimit {
  /** Session starts that are left. */
  readonly remaining: number
  /** Until all of them are back, milliseconds. */
  readonly resetAfterMs: number
  /** Sessions that may start within 5 seconds. */
  readonly maxConcurrency: number
}

const path = '/gateway/bot'

/**
 * Asks the platform where its gateway is, through the source: its hosts, its token, its healing.
 *
 * @throws PlatformError, TransportError or MalformedAnswerError; the signal's reason after an abort
 * @see https://bot.q.qq.com/wiki/develop/api-v2/event-emit/websocket.html (read 2026-11-20)
 */
export async function fetchGatewayInfo(
  source: TokenSource,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<GatewayInfo> {
  const { provider } = source.account
  // The API never redirects. Where a redirect leads is not for it to decide: the token is sent there next.
  const answer = await readApiAnswer(await source.fetch(path, { signal, redirect: 'manual' }))
  const refusal = apiErrorIn(source, answer, { clock })
  if (refusal !== undefined) throw refusal
  const { status, bytes, body = {} } = answer
  const { url, shards, session_start_limit: limit } = body
  if (typeof url !== 'string' || !isSocketUrl(url)) {
    const problem = 'not-an-object'
    throw new MalformedAnswerError(`${provider}: ${path} names no gateway`, { provider, problem, status, bytes })
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

/** More connections than this are no advice but a mistake. */
const mostShards = 10_000

function isShardCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0 && Number(value) <= mostShards
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
