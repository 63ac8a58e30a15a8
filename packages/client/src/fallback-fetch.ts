import { isLingpaiError, TransportError, type Clock, type TokenSource } from '@lingpai/core'

/** What going elsewhere takes. */
export interface FallbackOptions {
  readonly fetch: typeof globalThis.fetch
  readonly clock: Clock
  /** The server gets this long to answer, milliseconds. */
  readonly timeoutMs: number
  /** The account that a request to the server is about; `undefined` for all other requests. */
  readonly accountOf: (url: string) => string | undefined
  /** Whether a token of the account is still usable: then nobody is in need. */
  readonly isServed: (account: string) => boolean
  readonly fallback: (account: string) => TokenSource | undefined
  readonly onUse: (account: string) => void
}

const goneStatuses: readonly number[] = [502, 503, 504]

/**
 * A `fetch` that goes elsewhere for a token when the server cannot be had and no token is left. Its answer has the server's form, and
 * the generation 0, so that no server takes it for one of its own.
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
    const isRefusal = url.endsWith('/rejections')
    return answerOf(source, isRefusal ? given.get(account) : undefined, options.clock).then(({ value, response }) => {
      if (value !== undefined) given.set(account, value)
      return response
    })
  }
}

/** @param refused the token that this source gave before, and that an API refused: the source compares */
async function answerOf(
  source: TokenSource,
  refused: string | undefined,
  clock: Clock,
): Promise<{ readonly value?: string; readonly response: Response }> {
  try {
    if (refused !== undefined) await source.reportRejected(refused)
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

/** A proxy says that the server is not there, or the server that it is ending; any other failure is an answer. */
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

/** A server that does not answer must leave time for the other way. */
async function inTime(
  { fetch, clock, timeoutMs }: FallbackOptions,
  input: string | URL | Request,
  init: RequestInit | undefined,
): Promise<Response> {
  const stop = new AbortController()
  const timer = clock.setTimer(
    () => {
      stop.abort(new TransportError('token-server: no answer in time', { provider: 'token-server', phase: 'timeout' }))
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
