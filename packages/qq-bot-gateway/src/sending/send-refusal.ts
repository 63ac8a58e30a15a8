import {
  isLingpaiError,
  MalformedAnswerError,
  networkFault,
  TransportError,
  type AnyLingpaiError,
  type TransportErrorDetails,
} from '@lingpai/core'
import type { ApiAnswer } from '../api/read-api-answer.js'

/** `msg_seq` was used: by another process, or before a restart. */
const usedNumber = 40054005

/** Whether another number may do. */
export function isNumberUsed(error: AnyLingpaiError): boolean {
  return error.code === 'ERR_LINGPAI_PLATFORM' && Number(error.details.platformCode) === usedNumber
}

/** Whether the platform wants messages to come slower; the one that it refused was not delivered. */
export function isTooFast(error: AnyLingpaiError): boolean {
  if (error.code !== 'ERR_LINGPAI_PLATFORM') return false
  const { endpoint, errorClass } = error.details
  // Token requests have a cool-down of their own.
  return endpoint === 'api' && errorClass === 'rate-limited'
}

/** What was thrown on the way, as a typed error. */
export function sendError(provider: string, thrown: unknown): AnyLingpaiError {
  if (isLingpaiError(thrown)) return thrown
  const { phase, systemCode } = networkFault(thrown)
  const code = systemCode === undefined ? '' : ` (${systemCode})`
  const details = { provider, ...(systemCode !== undefined && { systemCode }) }
  if (phase === 'connect') {
    return new TransportError(`${provider}: the platform could not be reached${code}; nothing was sent`, {
      ...details,
      phase,
    })
  }
  return inDoubt(`${provider}: the connection broke${code}`, { ...details, phase })
}

/** The platform did not answer in time. */
export function timeout(provider: string): TransportError {
  return inDoubt(`${provider}: the platform did not answer in time`, { provider, phase: 'timeout' })
}

/** The platform, or something in front of it, failed without a word of its own. */
export function serverFault(provider: string, status: number): TransportError {
  return inDoubt(`${provider}: the API answered HTTP ${status}`, { provider, phase: 'status', status })
}

/** An answer that says neither yes nor no: a proxy's page, or half of a JSON. */
export function unreadable(provider: string, { status, bytes }: ApiAnswer): MalformedAnswerError {
  return new MalformedAnswerError(
    `${provider}: the API answered HTTP ${status} without a JSON object${doubt}`,
    { provider, problem: 'not-json', status, bytes },
    notAgain,
  )
}

const doubt = ', and whether the message arrived is not known'

const notAgain = {
  retryable: false,
  hint: 'It was not sent again, because it could be delivered twice; only a reply with a msg_seq of your own can be sent again safely.',
}

function inDoubt(what: string, details: TransportErrorDetails): TransportError {
  return new TransportError(`${what}${doubt}`, details, notAgain)
}
