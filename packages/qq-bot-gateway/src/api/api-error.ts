import { classify, platformError, TransportError, type AnyLingpaiError, type Refusal } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'
import type { ApiAnswer } from './read-api-answer.js'

/** Whether the platform took a message without delivering it yet: the body of such an answer looks like an error's. */
export function isPending(status: number): boolean {
  return status === 201 || status === 202
}

/**
 * What the API refused, as an error: the platform's code in the terms of its provider, with a hint; `undefined` when it refused nothing.
 * A token error that gets here is one that another token did not heal.
 */
export function apiErrorIn(
  provider: string,
  answer: ApiAnswer,
  language: 'en' | 'zh' = 'en',
): AnyLingpaiError | undefined {
  const { status } = answer
  if (isPending(status)) return undefined
  const refusal = classify(qqBot.spec, 'api', answer) ?? (status === 429 ? tooMany : undefined)
  if (refusal === undefined) {
    if (status < 300) return undefined
    return new TransportError(`${provider}: the API answered HTTP ${status}`, { provider, phase: 'status', status })
  }
  // A limit that no table knows by its code is still a limit.
  const errorClass = refusal.errorClass === 'unknown' && status === 429 ? 'rate-limited' : refusal.errorClass
  const { hints } = qqBot.spec
  const known: readonly string[] = []
  return platformError(
    { id: provider, ...(hints && { hints }) },
    'api',
    { ...refusal, errorClass },
    { status, language, known },
  )
}

/** A limit of whatever stands in front of the platform: it says so by the status alone. */
const tooMany: Refusal = { code: 429, errorClass: 'rate-limited', message: 'Too Many Requests' }
