import type { Clock, TokenSource } from '@lingpai/core'
import { apiErrorIn, isPending } from '../api/api-error.js'
import { readApiAnswer, type ApiAnswer } from '../api/read-api-answer.js'
import { followingAbort } from './following-abort.js'
import { sendError, timeout, tooLarge, uncertain, unreadable, type Work } from './send-errors.js'
import { untilAborted } from './until-aborted.js'

/** How one request is sent. */
export interface PostOptions {
  readonly source: TokenSource
  /** Says what an error means for it. */
  readonly work: Work
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
  { source, work, timeoutMs, clock, language }: PostOptions,
  path: string,
  body: object,
  signal: AbortSignal,
): Promise<ApiAnswer> {
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
    // A `fetch` that does not listen to its signal must not hold the line for ever.
    const answer = await untilAborted(exchange(source, path, body, late.signal), late.signal)
    const error = apiErrorIn(source, answer, { clock, language })
    if (error?.code === 'ERR_LINGPAI_TRANSPORT')
      throw error.retryable ? uncertain(facts, error) : tooLarge(facts, error)
    if (error !== undefined) throw error
    if (answer.body === undefined && !isPending(answer.status)) throw unreadable(facts, answer)
    return answer
  } catch (thrown) {
    signal.throwIfAborted()
    throw sendError(facts, thrown)
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
