import { isLingpaiError, TransportError, type Clock, type TokenSource } from '@lingpai/core'

/** Options of {@link fallbackFetch}. */
export interface FallbackOptions {
  readonly fetch: typeof globalThis.fetch
  readonly clock: Clock
  /** How long the server may take to respond, milliseconds. */
  readonly timeoutMs: number
  /** The account in the URL of a request to the server; `undefined` for all other requests. */
  readonly accountOf: (url: string) => string | undefined
  /** Whether the account still has a usable token; then the fallback is not used. */
  readonly isServed: (account: string) => boolean
  readonly fallback: (account: string) => TokenSource | undefined
  readonly onUse: (account: string) => void
}

const goneStatuses: readonly number[] = [502, 503, 504]

/**
 * Wraps `fetch` so that a token comes from a fallback when the server is unreachable and no usable token is left. The response has the
 * server's format with generation 0, so that the server never takes it for a token of its own.
 */
export function fallbackFetch(options: FallbackOptions): typeof globalThis.fetch {
  const { fetch, accountOf, isServed, fallback, onUse } = options
  const given = new Map<string, string>()
  return async (input, init) => {
    const url = typeof input === 'string' ? input : ''
    const account = accountOf(url)
    const source = account === undefined ? undefined : fallback(account)
    if (account === undefined || source === undefined) return fetch(input, init)
    try {
      const response = await inTime(options, input, init)
      if (isServed(account) || !(await isGone(response))) return response
    } catch (error) {
      if (isServed(account) || init?.signal?.aborted === true) throw error
    }
    onUse(account)
    const isRejection = url.endsWith('/rejections')
    return responseFrom(source, isRejection ? given.get(account) : undefined, options.clock).then(
      ({ value, response }) => {
        if (value !== undefined) given.set(account, value)
        return response
      },
    )
  }
}

/** @param rejected the last token that this fallback gave, which an API rejected */
async function responseFrom(
  source: TokenSource,
  rejected: string | undefined,
  clock: Clock,
): Promise<{ readonly value?: string; readonly response: Response }> {
  try {
    if (rejected !== undefined) await source.reportRejected(rejected)
    const { value, expiresAtMs } = await source.getRecord()
    const leftMs = Math.max(0, expiresAtMs - clock.now())
    return { value, response: Response.json({ access_token: value, expires_in_ms: leftMs, generation: 0 }) }
  } catch (error) {
    if (!isLingpaiError(error)) throw error
    const { code, message } = error
    const platform = error.code === 'ERR_LINGPAI_PLATFORM' ? error.details : undefined
    const names = platform && { class: platform.errorClass, platform_code: platform.platformCode }
    return { response: Response.json({ error: { code, message, ...names } }, { status: 502 }) }
  }
}

/** A proxy reports that the server is gone, or the server that it is shutting down. Any other failure is a response. */
async function isGone(response: Response): Promise<boolean> {
  if (!goneStatuses.includes(response.status)) return false
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined)
  const { error } = Object(body) as { readonly error?: unknown }
  const { code } = Object(error) as { readonly code?: unknown }
  return code === undefined || code === 'ERR_UNAVAILABLE'
}

/** Bounds the request, so that time is left for the fallback. */
async function inTime(
  { fetch, clock, timeoutMs }: FallbackOptions,
  input: string | URL | Request,
  init: RequestInit | undefined,
): Promise<Response> {
  const stop = new AbortController()
  const timer = clock.setTimer(
    () => {
      stop.abort(
        new TransportError('token-server: no response in time', { provider: 'token-server', phase: 'timeout' }),
      )
    },
    timeoutMs,
    { holdsProcess: true },
  )
  const signals = [stop.signal, init?.signal].filter((signal) => signal !== undefined && signal !== null)
  try {
    return await fetch(input, { ...init, signal: AbortSignal.any(signals) })
  } finally {
    timer.cancel()
  }
}
