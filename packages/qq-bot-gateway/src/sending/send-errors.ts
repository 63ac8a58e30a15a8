import {
  isLingpaiError,
  MalformedResponseError,
  TransportError,
  type AnyLingpaiError,
  type TransportErrorDetails,
} from '@lingpai/core'
import { networkFault, faultHint, passes } from '@lingpai/core/internal'
import type { ApiResponse } from '../api/read-api-response.js'

/** Kind of request. A repeated message is visible to users; a repeated upload is not. */
export type Work = 'message' | 'upload'

/** The request that an error belongs to, and the language of its hint. */
export interface ErrorFacts {
  readonly provider: string
  readonly work: Work
  readonly language: 'en' | 'zh'
}

/** `msg_seq` was already used, by another process or before a restart. */
const usedNumber = 40054005

/** Whether the message may be sent again with another number. */
export function isNumberUsed(error: AnyLingpaiError): boolean {
  return error.code === 'ERR_LINGPAI_PLATFORM' && Number(error.details.platformCode) === usedNumber
}

/** Whether the platform reported a rate limit. The rejected call had no effect. */
export function isTooFast(error: AnyLingpaiError): boolean {
  if (error.code !== 'ERR_LINGPAI_PLATFORM') return false
  const { endpoint, errorClass } = error.details
  // Token requests have their own cool-down.
  return endpoint === 'api' && errorClass === 'rate-limited'
}

/** Converts an error on the way to the platform. */
export function sendError(facts: ErrorFacts, thrown: unknown): AnyLingpaiError {
  if (isLingpaiError(thrown)) return thrown
  const { provider, language } = facts
  const fault = networkFault(thrown)
  const { phase, systemCode, problem } = fault
  const lasting = problem !== undefined && { retryable: passes(fault), hint: faultHint(problem, language) }
  const code = systemCode === undefined ? '' : ` (${systemCode})`
  const details = { provider, ...(systemCode !== undefined && { systemCode }) }
  if (phase === 'connect') {
    const what = problem === 'certificate' ? 'the TLS certificate was rejected' : 'the platform could not be reached'
    return new TransportError(`${provider}: ${what}${code}; nothing was sent`, { ...details, phase }, lasting || {})
  }
  const what = problem === 'fetch' ? 'the response of the `fetch` option cannot be read' : 'the connection broke'
  return inDoubt(facts, `${provider}: ${what}${code}`, { ...details, phase }, lasting || undefined)
}

/** The error of a response that did not arrive in time. */
export function timeout(facts: ErrorFacts): TransportError {
  const { provider } = facts
  return inDoubt(facts, `${provider}: the platform did not respond in time`, { provider, phase: 'timeout' })
}

/** The error of a server error, which leaves the outcome unknown. */
export function uncertain(facts: ErrorFacts, { message, details }: TransportError): TransportError {
  return inDoubt(facts, message, details)
}

/** Adds a hint to HTTP 413, which comes from something in front of the API. Other statuses are returned unchanged. */
export function tooLarge({ work, language }: ErrorFacts, error: TransportError): TransportError {
  const { message, details } = error
  if (details.status !== 413) return error
  return new TransportError(message, details, { retryable: false, hint: smaller[work][language] })
}

/** The error of a response that is neither success nor failure, such as a proxy's page or truncated JSON. */
export function unreadable({ provider, work, language }: ErrorFacts, response: ApiResponse): MalformedResponseError {
  const { status, bytes } = response
  return new MalformedResponseError(
    `${provider}: the API responded with HTTP ${status} without a JSON object${doubt[work]}`,
    { provider, problem: 'not-json', status, bytes },
    again(work, language),
  )
}

function inDoubt(
  { work, language }: ErrorFacts,
  what: string,
  details: TransportErrorDetails,
  advice = again(work, language),
): TransportError {
  return new TransportError(`${what}${doubt[work]}`, details, advice)
}

/** An upload alone delivers nothing, so it is safe to repeat. */
function again(work: Work, language: 'en' | 'zh'): { readonly retryable: boolean; readonly hint: string } {
  return { retryable: work === 'upload', hint: afterDoubt[work][language] }
}

const doubt: Readonly<Record<Work, string>> = {
  message: '; the message may or may not have been delivered',
  upload: '; the upload may or may not have completed',
}

type Hints = Readonly<Record<Work, Readonly<Record<'en' | 'zh', string>>>>

const afterDoubt: Hints = {
  message: {
    en: 'The message was not sent again, because it could be delivered twice. Only a reply with your own "msg_seq" is safe to send again.',
    zh: '没有重发，因为可能送达两次；只有自行指定 msg_seq 的回复可以安全重发。',
  },
  upload: {
    en: 'Nothing was delivered: upload the file again. The platform first fetches a file given by "url"; raise "timeoutMs" if that takes long, or use a smaller file.',
    zh: '没有送达任何内容：请重新上传。以 url 给出的文件由平台先行下载；若耗时较长，请调大 timeoutMs，或缩小文件。',
  },
}

const smaller: Hints = {
  message: { en: 'Shorten the message, or split it.', zh: '请缩短消息，或分条发送。' },
  upload: {
    en: 'The file is too large for "data": pass its "url" instead, or use a smaller file.',
    zh: '文件过大，不能以 data 上传：请改用 url，或缩小文件。',
  },
}
