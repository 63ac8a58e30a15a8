import type { Clock, TokenSource } from '@lingpai/core'
import { apiErrorIn, isPending } from '../api/api-error.js'
import { readApiAnswer, type ApiAnswer } from '../api/read-api-answer.js'
import { followingAbort } from './following-abort.js'
import { sendError, serverFault, timeout, unreadable } from './send-refusal.js'
import { untilAborted } from './until-aborted.js'

/** How one request is sent. */
export interface PostOptions {
  readonly source: TokenSource
  /** For the whole of it: the token, the request, its answer. */
  readonly timeoutMs: number
  readonly clock: Clock
  readonly language: 'en' | 'zh'
}

/**
 * Posts a body once, and once more where the platform refused the token.
 *
 * @returns what the platform took; anything else is thrown as a typed error
 */
export async function post(
  { source, timeoutMs, clock, language }: PostOptions,
  path: string,
  body: object,
  signal: AbortSignal,
): Promise<ApiAnswer> {
  const { provider } = source.account
  const late = followingAbort(signal)
  const timer = clock.setTimer(
    () => {
      late.abort(timeout(provider))
    },
    timeoutMs,
    { holdsProcess: true },
  )
  try {
    // A `fetch` that does not listen to its signal must not hold the line for ever.
    const answer = await untilAborted(exchange(source, path, body, late.signal), late.signal)
    const { status } = answer
    const refusal = apiErrorIn(provider, answer, language)
    if (refusal?.code === 'ERR_LINGPAI_TRANSPORT' && status >= 500) throw serverFault(provider, status)
    if (refusal !== undefined) throw refusal
    if (answer.body === undefined && !isPending(status)) throw unreadable(provider, answer)
    return answer
  } catch (thrown) {
    signal.throwIfAborted()
    throw sendError(provider, thrown)
  } finally {
    timer.cancel()
    late.release()
  }
}

async function exchange(source: TokenSource, path: string, body: object, signal: AbortSignal): Promise<ApiAnswer> {
  const response = await source.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    // The platform never redirects, and nobody else is to read the message.
    redirect: 'manual',
    signal,
  })
  return readApiAnswer(response)
}
