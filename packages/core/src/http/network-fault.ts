import { digestOf } from '../errors.js'
import { UnreadableResponse } from './web-response.js'

/**
 * What stands in the way: the server's certificate, the `fetch` option, a proxy, or a framework that ended the render in which
 * `fetch` was called.
 */
export type FaultProblem = 'certificate' | 'fetch' | 'proxy' | 'framework'

/** Why a `fetch` was rejected, as far as the system tells. */
export interface NetworkFault {
  /** `connect`: no byte of the request left this host; `exchange`: what became of it is not known. */
  readonly phase: 'connect' | 'exchange'
  /** Such as `ECONNREFUSED`, where there is one. */
  readonly systemCode?: string
  readonly problem?: FaultProblem
  /** The response of the proxy to CONNECT, where it sent one. */
  readonly status?: number
}

/** System codes that mean that no byte of the request left this host. */
const connectCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/**
 * OpenSSL's verification errors as Node.js names them (`CERT_HAS_EXPIRED`, `SELF_SIGNED_CERT_IN_CHAIN`, `UNABLE_TO_GET_ISSUER_CERT`,
 * `HOSTNAME_MISMATCH`, …), its own (`ERR_TLS_CERT_ALTNAME_INVALID`), and the alerts of a server that wants a client certificate.
 *
 * @see https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
const certificateCode =
  /(^|_)(CERT|CERTIFICATE|CRL|UNKNOWN_CA)(_|$)|^UNABLE_TO_(VERIFY|DECODE|GET_ISSUER)_|^(INVALID_(CA|PURPOSE)|HOSTNAME_MISMATCH|PATH_LENGTH_EXCEEDED)$/

/** Reads what `fetch` was rejected with. */
export function networkFault(error: unknown): NetworkFault {
  if (error instanceof UnreadableResponse) return { phase: 'exchange', problem: 'fetch' }
  if (digestOf(error) !== undefined) return { phase: 'exchange', problem: 'framework' }
  const systemCode = systemCodeIn(error)
  const code = systemCode === undefined ? {} : { systemCode }
  if (systemCode !== undefined && certificateCode.test(systemCode))
    return { phase: 'connect', systemCode, problem: 'certificate' }
  const tunnel = tunnelFault(error)
  if (tunnel !== undefined) return { phase: 'connect', ...code, problem: 'proxy', ...tunnel }
  if (systemCode === undefined) return { phase: 'exchange' }
  return { phase: connectCodes.has(systemCode) ? 'connect' : 'exchange', systemCode }
}

/** undici names the status that a proxy sent in words only. */
const tunnelResponse = /^Proxy (?:response|Authentication Required) \((\d{3})\)/

/** What a proxy did instead of connecting; `undefined` for any other failure. Nothing reached the platform. */
function tunnelFault(error: unknown, depth = 0): Pick<NetworkFault, 'status'> | undefined {
  if (typeof error !== 'object' || error === null || depth > 5) return undefined
  const { code, message, statusCode, cause } = error as Readonly<Record<string, unknown>>
  const isUndici = code === 'UND_ERR_ABORTED' || code === 'UND_ERR_INVALID_ARG'
  const digits = isUndici && typeof message === 'string' ? tunnelResponse.exec(message)?.[1] : undefined
  if (digits !== undefined) return { status: Number(digits) }
  if (code === 'ERR_PROXY_TUNNEL') return typeof statusCode === 'number' ? { status: statusCode } : {}
  return tunnelFault(cause, depth + 1)
}

/** The first system code in a chain of causes: undici wraps them, and happy eyeballs bundles them. */
function systemCodeIn(error: unknown, depth = 0): string | undefined {
  if (typeof error !== 'object' || error === null || depth > 5) return undefined
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown }
  // Why the tunnel failed says more than that it did.
  const inner = code === 'ERR_PROXY_TUNNEL' ? systemCodeIn(cause, depth + 1) : undefined
  if (inner !== undefined) return inner
  // Anything else than a system's code could be somebody's words.
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code)) return code
  return systemCodeIn(cause, depth + 1) ?? (Array.isArray(errors) ? systemCodeIn(errors[0], depth + 1) : undefined)
}
