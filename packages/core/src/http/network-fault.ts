import { digestOf } from '../errors.js'
import { UnreadableResponse } from './web-response.js'

/**
 * The cause, if it is known: the server's certificate, a URL that `fetch` or the server cannot serve, the `fetch`
 * option, a proxy, or a framework that ended the render in which `fetch` was called.
 */
export type FaultProblem = 'certificate' | 'url' | 'fetch' | 'proxy' | 'framework'

/** Why `fetch` rejected, as far as the system reports it. */
export interface NetworkFault {
  /**
   * `connect`: no byte of the request left this host. `exchange`: whether the platform handled the request is unknown.
   */
  readonly phase: 'connect' | 'exchange'
  /** A code such as `ECONNREFUSED`, if there is one. */
  readonly systemCode?: string
  readonly problem?: FaultProblem
  /** The HTTP status of the proxy's response to CONNECT, if it sent one. */
  readonly status?: number
}

/** System codes that show that no byte of the request left this host. */
const connectCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/**
 * Codes of rejected certificates: OpenSSL's verification errors as Node.js names them (`CERT_HAS_EXPIRED`,
 * `SELF_SIGNED_CERT_IN_CHAIN`, `UNABLE_TO_GET_ISSUER_CERT`, `HOSTNAME_MISMATCH`, …), those of Node.js
 * (`ERR_TLS_CERT_ALTNAME_INVALID`), and the alerts of a server that requires a client certificate.
 *
 * @see https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
const certificateCode =
  /(^|_)(CERT|CERTIFICATE|CRL|UNKNOWN_CA)(_|$)|^UNABLE_TO_(VERIFY|DECODE|GET_ISSUER)_|^(INVALID_(CA|PURPOSE)|HOSTNAME_MISMATCH|PATH_LENGTH_EXCEEDED)$/

/** Codes of a server that responds to TLS with plain HTTP. */
const plainServerCodes = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
])

/** Finds out why `fetch` rejected. */
export function networkFault(error: unknown): NetworkFault {
  if (error instanceof UnreadableResponse) return { phase: 'exchange', problem: 'fetch' }
  if (digestOf(error) !== undefined) return { phase: 'exchange', problem: 'framework' }
  const systemCode = systemCodeIn(error)
  const code = systemCode === undefined ? {} : { systemCode }
  if (systemCode !== undefined && certificateCode.test(systemCode))
    return { phase: 'connect', systemCode, problem: 'certificate' }
  if (systemCode !== undefined && plainServerCodes.has(systemCode))
    return { phase: 'connect', systemCode, problem: 'url' }
  const tunnel = tunnelFault(error)
  if (tunnel !== undefined) return { phase: 'connect', ...code, problem: 'proxy', ...tunnel }
  if (isBlockedPort(error)) return { phase: 'connect', problem: 'url' }
  if (systemCode === undefined) return { phase: 'exchange' }
  return { phase: connectCodes.has(systemCode) || failedToConnect(error) ? 'connect' : 'exchange', systemCode }
}

/** `fetch` reports a port that it never uses, such as 6000 or 10080, only by the message of the cause. */
function isBlockedPort(error: unknown): boolean {
  const { cause } = Object(error) as { readonly cause?: unknown }
  return (Object(cause) as { readonly message?: unknown }).message === 'bad port'
}

/** System calls before the first byte of a request. */
const callsBeforeSending = new Set<unknown>(['connect', 'getaddrinfo'])

/**
 * Whether the system reports that it was still connecting. The same code, such as `ETIMEDOUT`, can also end an open
 * connection. Happy eyeballs bundle one error for each address.
 */
function failedToConnect(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 5) return false
  const { syscall, cause, errors } = error as { syscall?: unknown; cause?: unknown; errors?: unknown }
  if (syscall !== undefined) return callsBeforeSending.has(syscall)
  if (Array.isArray(errors) && errors.length > 0) return errors.every((each) => failedToConnect(each, depth + 1))
  return failedToConnect(cause, depth + 1)
}

/** undici reports the status of a proxy's response only in its message. */
const tunnelResponse = /^Proxy (?:response|Authentication Required) \((\d{3})\)/

/** How a proxy failed to connect; `undefined` for any other failure. Nothing reached the platform. */
function tunnelFault(error: unknown, depth = 0): Pick<NetworkFault, 'status'> | undefined {
  if (typeof error !== 'object' || error === null || depth > 5) return undefined
  const { code, message, statusCode, cause } = error as Readonly<Record<string, unknown>>
  const isUndici = code === 'UND_ERR_ABORTED' || code === 'UND_ERR_INVALID_ARG'
  const digits = isUndici && typeof message === 'string' ? tunnelResponse.exec(message)?.[1] : undefined
  if (digits !== undefined) return { status: Number(digits) }
  if (code === 'ERR_PROXY_TUNNEL') return typeof statusCode === 'number' ? { status: statusCode } : {}
  return tunnelFault(cause, depth + 1)
}

/** Returns the first system code in a chain of causes: undici wraps errors, and happy eyeballs bundles them. */
function systemCodeIn(error: unknown, depth = 0): string | undefined {
  if (typeof error !== 'object' || error === null || depth > 5) return undefined
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown }
  // The reason why the tunnel failed says more than the fact that it did.
  const inner = code === 'ERR_PROXY_TUNNEL' ? systemCodeIn(cause, depth + 1) : undefined
  if (inner !== undefined) return inner
  // Other text is not a system code, and could quote anything.
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code)) return code
  return systemCodeIn(cause, depth + 1) ?? (Array.isArray(errors) ? systemCodeIn(errors[0], depth + 1) : undefined)
}
