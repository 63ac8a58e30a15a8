import { TransportError, isLingpaiError, type AnyLingpaiError } from '@lingpai/core'

/** `msg_seq` was used: by another process, or before a restart. */
const usedNumber = 40054005

/** Whether another number may do. */
export function isNumberUsed(error: AnyLingpaiError): boolean {
  return error.code === 'ERR_LINGPAI_PLATFORM' && Number(error.details.platformCode) === usedNumber
}

/** Whether the platform wants messages to come slower; the one that it refused was not delivered. */
export function isTooFast(error: AnyLingpaiError): boolean {
  return error.code === 'ERR_LINGPAI_PLATFORM' && error.details.errorClass === 'rate-limited'
}

/** What `fetch` threw, as a typed error; `undefined` for an abort, whose reason is the caller's own. */
export function sendError(provider: string, thrown: unknown): AnyLingpaiError | undefined {
  if (isLingpaiError(thrown)) return thrown
  const { name, cause } = Object(thrown) as { readonly name?: unknown; readonly cause?: unknown }
  if (name === 'AbortError') return undefined
  const { code } = Object(cause) as { readonly code?: unknown }
  const systemCode = typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? code : undefined
  return new TransportError(
    `${provider}: the connection broke, and whether the message arrived is not known${systemCode === undefined ? '' : ` (${systemCode})`}`,
    { provider, phase: 'exchange', ...(systemCode !== undefined && { systemCode }) },
    {
      hint: 'It was not sent again: to one msg_seq the platform delivers one message only, so the same number can be tried.',
    },
  )
}

/** The platform did not answer in time. */
export function sendTimeout(provider: string): TransportError {
  return new TransportError(
    `${provider}: the platform did not answer in time, and whether the message arrived is not known`,
    { provider, phase: 'timeout' },
    {
      hint: 'It was not sent again: to one msg_seq the platform delivers one message only, so the same number can be tried.',
    },
  )
}
