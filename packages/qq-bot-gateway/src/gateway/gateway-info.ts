import { MalformedAnswerError, type TokenSource } from '@lingpai/core'
import { apiError } from './api-error.js'

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

/** The answer is a few hundred bytes. */
const longestAnswer = 64 * 1024

/**
 * Asks the platform where its gateway is, through the source: its hosts, its token, its healing.
 *
 * @throws PlatformError, TransportError or MalformedAnswerError; the signal's reason after an abort
 * @see https://bot.q.qq.com/wiki/develop/api-v2/event-emit/websocket.html (read 2026-11-20)
 */
export async function fetchGatewayInfo(source: TokenSource, signal: AbortSignal): Promise<GatewayInfo> {
  const response = await source.fetch(path, { signal })
  const text = await response.text()
  const bad = (): MalformedAnswerError =>
    new MalformedAnswerError(`${source.account.provider}: ${path} names no gateway`, {
      provider: source.account.provider,
      problem: 'not-an-object',
      status: response.status,
      bytes: Buffer.byteLength(text),
    })
  if (text.length > longestAnswer) throw bad()
  const body = parsed(text)
  if (!response.ok || body === undefined || 'code' in body) {
    throw apiError(source.account.provider, path, response, body)
  }
  const { url, shards, session_start_limit: limit } = body
  if (typeof url !== 'string' || !isGatewayUrl(url, response.url)) throw bad()
  const startLimit = startLimitOf(limit)
  return { url, shards: isCount(shards) && shards > 0 ? shards : 1, ...(startLimit && { startLimit }) }
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** The token goes there: never in the clear when the API itself is encrypted. */
function isGatewayUrl(url: string, apiUrl: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol } = new URL(url)
  return protocol === 'wss:' || (protocol === 'ws:' && !apiUrl.startsWith('https:'))
}

function startLimitOf(limit: unknown): StartLimit | undefined {
  if (typeof limit !== 'object' || limit === null) return undefined
  const { remaining, reset_after: resetAfterMs, max_concurrency: maxConcurrency } = limit as Record<string, unknown>
  if (!isCount(remaining) || !isCount(resetAfterMs)) return undefined
  return { remaining, resetAfterMs, maxConcurrency: isCount(maxConcurrency) && maxConcurrency > 0 ? maxConcurrency : 1 }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
