import {
  isLingpaiError,
  MalformedAnswerError,
  networkFault,
  TransportError,
  type AnyLingpaiError,
  type TransportErrorDetails,
} from '@lingpai/core'
import { faultHint, passes } from '@lingpai/core/internal'
import type { ApiAnswer } from '../api/read-api-answer.js'

/** What was asked of the platform: a second message is seen by people, a second upload is not. */
export type Work = 'message' | 'upload'

/** Which request an error is about, and the language of its hint. */
export interface ErrorFacts {
  readonly provider: string
  readonly work: Work
  readonly language: 'en' | 'zh'
}

/** `msg_seq` was used: by another process, or before a restart. */
const usedNumber = 40054005

/** Whether another number may do. */
export function isNumberUsed(error: AnyLingpaiError): boolean {
  return error.code === 'ERR_LINGPAI_PLATFORM' && Number(error.details.platformCode) === usedNumber
}

/** Whether the platform wants calls to come slower; the one that it rejected had no effect. */
export function isTooFast(error: AnyLingpaiError): boolean {
  if (error.code !== 'ERR_LINGPAI_PLATFORM') return false
  const { endpoint, errorClass } = error.details
  // Token requests have a cool-down of their own.
  return endpoint === 'api' && errorClass === 'rate-limited'
}

/** What was thrown on the way, as a typed error. */
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

/** The platform did not answer in time. */
export function timeout(facts: ErrorFacts): TransportError {
  const { provider } = facts
  return inDoubt(facts, `${provider}: the platform did not answer in time`, { provider, phase: 'timeout' })
}

/** A server error leaves the outcome open. */
export function uncertain(facts: ErrorFacts, { message, details }: TransportError): TransportError {
  return inDoubt(facts, message, details)
}

/** What stands in front of the API takes no body of this size; any other status is told as it is. */
export function tooLarge({ work, language }: ErrorFacts, error: TransportError): TransportError {
  const { message, details } = error
  if (details.status !== 413) return error
  return new TransportError(message, details, { retryable: false, hint: smaller[work][language] })
}

/** A response that says neither yes nor no: a proxy's page, or half of a JSON. */
export function unreadable({ provider, work, language }: ErrorFacts, answer: ApiAnswer): MalformedAnswerError {
  const { status, bytes } = answer
  return new MalformedAnswerError(
    `${provider}: the API answered HTTP ${status} without a JSON object${doubt[work]}`,
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

/** An upload sends nothing by itself, so another one does no harm. */
function again(work: Work, language: 'en' | 'zh'): { readonly retryable: boolean; readonly hint: string } {
  return { retryable: work === 'upload', hint: afterDoubt[work][language] }
}

const doubt: Readonly<Record<Work, string>> = {
  message: ', and whether the message arrived is not known',
  upload: ', and whether the upload was finished is not known',
}

type Hints = Readonly<Record<Work, Readonly<Record<'en' | 'zh', string>>>>

const afterDoubt: Hints = {
  message: {
    en: 'It was not sent again, because it could be delivered twice; only a reply with a msg_seq of your own can be sent again safely.',
    zh: '没有重发，因为可能送达两次；只有自行指定 msg_seq 的回复可以安全重发。',
  },
  upload: {
    en: 'Nothing was delivered: upload the file again. A file given by url is fetched by the platform first; raise timeoutMs if that takes long, or make the file smaller.',
    zh: '没有送达任何内容：请重新上传。以 url 给出的文件由平台先行下载；若耗时较长，请调大 timeoutMs，或缩小文件。',
  },
}

const smaller: Hints = {
  message: { en: 'Shorten the message, or send it in parts.', zh: '请缩短消息，或分条发送。' },
  upload: {
    en: 'The file is too large to be sent as data: give its url instead, or make it smaller.',
    zh: '文件过大，不能以 data 上传：请改用 url，或缩小文件。',
  },
}
