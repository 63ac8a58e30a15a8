import { TransportError, type AnyLingpaiError } from '@lingpai/core'
import { networkFault, faultHint, passes } from '@lingpai/core/internal'
import { badFrameError } from './payload.js'

/** Converts an error of a socket. The result contains neither URL nor payload. */
export function socketError(provider: string, error: unknown, isOpen: boolean): AnyLingpaiError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  const systemCode = typeof code === 'string' ? code : undefined
  if (systemCode === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    return badFrameError(provider, { problem: 'too-large' }, 'a message is longer than "maxPayloadBytes"')
  }
  if (systemCode?.startsWith('WS_ERR_') === true) {
    return badFrameError(provider, { problem: 'not-text' }, `a frame violates the WebSocket protocol: ${systemCode}`)
  }
  const status = handshakeStatus(error)
  if (status !== undefined) {
    return new TransportError(
      `${provider}: gateway: the handshake failed with HTTP ${status}`,
      { provider, phase: 'status', status },
      status === 407 ? { hint: proxyHint } : {},
    )
  }
  const fault = networkFault(error)
  const { problem } = fault
  return new TransportError(
    `${provider}: gateway: the connection ${isOpen ? 'broke' : 'could not be made'}${systemCode === undefined ? '' : ` (${systemCode})`}`,
    { provider, phase: isOpen ? 'exchange' : 'connect', ...(systemCode !== undefined && { systemCode }) },
    problem === undefined ? {} : { retryable: passes(fault), hint: faultHint(problem, 'en') },
  )
}

/** Only a proxy responds with 407. */
const proxyHint = 'Check the proxy of the `WebSocket` option: it rejects the user and password.'

/** `ws` reports the status of a failed handshake only in the error's message. */
function handshakeStatus(error: unknown): number | undefined {
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined
  const digits = typeof message === 'string' ? /server response: (\d{3})$/.exec(message)?.[1] : undefined
  return digits === undefined ? undefined : Number(digits)
}
