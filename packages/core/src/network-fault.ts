/** Why a `fetch` was rejected, as far as the system tells. */
export interface NetworkFault {
  /** `connect`: no byte of the request left this host; `exchange`: what became of it is not known. */
  readonly phase: 'connect' | 'exchange'
  /** Such as `ECONNREFUSED`, where there is one. */
  readonly systemCode?: string
}

/** System codes that mean that no byte of the request left this host. */
const connectCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

/** Reads what `fetch` was rejected with. */
export function networkFault(error: unknown): NetworkFault {
  const systemCode = systemCodeIn(error)
  if (systemCode === undefined) return { phase: 'exchange' }
  return { phase: connectCodes.has(systemCode) ? 'connect' : 'exchange', systemCode }
}

/** The first system code in a chain of causes: undici wraps them, and happy eyeballs bundles them. */
function systemCodeIn(error: unknown, depth = 0): string | undefined {
  if (typeof error !== 'object' || error === null || depth > 5) return undefined
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown }
  // Anything else than a system's code could be somebody's words.
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code)) return code
  return systemCodeIn(cause, depth + 1) ?? (Array.isArray(errors) ? systemCodeIn(errors[0], depth + 1) : undefined)
}
