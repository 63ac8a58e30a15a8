import type { Clock, TokenSource } from '@lingpai/core'
import { apiErrorIn, isPending } from '../api/api-error.js'
import { readApiResponse, type ApiResponse } from '../api/read-api-response.js'
import { followingAbort } from './following-abort.js'
import { sendError, timeout, tooLarge, uncertain, unreadable, type Work } from './send-errors.js'
import { untilAborted } from './until-aborted.js'

/** Options of a request. */
export interface PostOptions {
  readonly source: TokenSource
  /** Decides what an error means for the request. */
  readonly work: Work
  /** Maximum duration of token, request and response together. */
  readonly timeoutMs: number
  readonly clock: Clock
  readonly language: 'en' | 'zh'
}

/**
 * Posts a body once, and a second time if the platform rejects the token.
 *
 * @returns the successful response; anything else is thrown as a typed error
 */
export async function post(
  { source, work, timeoutMs, clock, language }: PostOptions,
  path: string,
  body: object,
  signal: AbortSignal,
): Promise<ApiResponse> {
  const facts = { provider: source.account.provider, work, language }
  const late = followingAbort(signal)
  const timer = clock.setTimer(
    () => {
      late.abort(timeout(facts))
    },
    timeoutMs,
    { holdsProcess: true },
  )
  try {
    // A `fetch` that ignores its signal must not block the queue.
    const response = await untilAborted(exchange(source, path, body, late.signal), late.signal)
    const error = apiErrorIn(source, response, { clock, language })
    if (error?.code === 'ERR_LINGPAI_TRANSPORT')
      throw error.retryable ? uncertain(facts, error) : tooLarge(facts, error)
    if (error !== undefined) throw error
    if (response.body === undefined && !isPending(response.status)) throw unreadable(facts, response)
    return response
  } catch (thrown) {
    signal.throwIfAborted()
    throw sendError(facts, thrown)
  } finally {
    timer.cancel()
    late.release()
  }
}

async function exchange(source: TokenSource, path: string, body: object, signal: AbortSignal): Promise<ApiResponse> {
  const response = await source.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    // The platform never redirects, and the message must not reach another host.
    redirect: 'manual',
    signal,
  })
  return readApiResponse(response)
}
