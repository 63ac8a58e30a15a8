import type { Clock, Timer } from '../clock.js'
import { networkFault, type NetworkFault } from './network-fault.js'
import { onAbort } from '../time/on-abort.js'
import { sendRequest } from './send-request.js'

/** How a request came to nothing. Carries no URL and no body. */
export type FetchFailure =
  | ({ readonly kind: NetworkFault['phase']; readonly cause: unknown } & Omit<NetworkFault, 'phase'>)
  | { readonly kind: 'timeout' }
  | { readonly kind: 'too-large' | 'not-text'; readonly status: number; readonly bytes: number }

/** A response, read to its end. */
export interface TextResponse {
  readonly kind: 'response'
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly bytes: number
}

/** The largest response of a token endpoint that is read; real ones stay below 5 KiB. */
const largestBody = 64 * 1024

/** A limit that ends later than this was slept over: the process was stopped, and the answer may lie in its socket. */
const stopMs = 1000
/** Time to take it from there. A token that is thrown away could cost the one that others hold. */
const graceMs = 500

/**
 * One HTTP request with bounded time and size and without redirects. Never throws but for `signal`.
 *
 * @param timeoutMs for the whole exchange, the body included
 */
export async function boundedFetch(
  fetch: typeof globalThis.fetch,
  clock: Clock,
  request: { readonly url: string; readonly init: RequestInit },
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<TextResponse | FetchFailure> {
  signal.throwIfAborted()
  const stop = new AbortController()
  const forget = onAbort(signal, () => {
    stop.abort(signal.reason)
  })
  let timedOut = false
  // A `fetch` that ignores its signal must not hold the refresh: the race ends it.
  let giveUp: (failure: FetchFailure) => void
  const limit = new Promise<FetchFailure>((resolve) => (giveUp = resolve))
  const end = (): void => {
    timedOut = true
    stop.abort()
    giveUp({ kind: 'timeout' })
  }
  const timer = armLimit(clock, timeoutMs, end)
  const aborted = new Promise<never>((_, reject) => {
    stop.signal.addEventListener('abort', () => {
      if (!timedOut) reject(signal.reason as Error)
    })
  })
  const work = send(fetch, request, stop.signal).catch((error: unknown): FetchFailure => {
    if (timedOut) return { kind: 'timeout' }
    signal.throwIfAborted()
    const { phase: kind, ...fault } = networkFault(error)
    return { kind, cause: error, ...fault }
  })
  work.catch(() => undefined)
  try {
    return await Promise.race([work, limit, aborted])
  } finally {
    timer.cancel()
    forget()
  }
}

/** Calls `end` when the time is over, a moment later if the process was stopped meanwhile. */
function armLimit(clock: Clock, timeoutMs: number, end: () => void): Timer {
  const dueMs = clock.monotonic() + timeoutMs
  const ring = (): void => {
    if (clock.monotonic() - dueMs < stopMs) end()
    else timer = clock.setTimer(end, graceMs, { holdsProcess: true })
  }
  let timer = clock.setTimer(ring, timeoutMs, { holdsProcess: true })
  return {
    cancel: () => {
      timer.cancel()
    },
  }
}

async function send(
  fetch: typeof globalThis.fetch,
  { url, init }: { readonly url: string; readonly init: RequestInit },
  signal: AbortSignal,
): Promise<TextResponse | FetchFailure> {
  const response = await sendRequest(fetch, url, { ...init, signal })
  const { status, headers } = response
  // A redirect's body is of no use, and following it would carry the secret along.
  if (status >= 300 && status < 400) {
    await response.body?.cancel()
    return { kind: 'response', status, headers, text: '', bytes: 0 }
  }
  const body = await readBounded(response)
  if (body.bytes > largestBody) return { kind: 'too-large', status, bytes: body.bytes }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body.data)
    return { kind: 'response', status, headers, bytes: body.bytes, text }
  } catch {
    return { kind: 'not-text', status, bytes: body.bytes }
  }
}

async function readBounded(response: Response): Promise<{ readonly data: Uint8Array; readonly bytes: number }> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  if (response.body !== null) {
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      bytes += part.value.byteLength
      if (bytes > largestBody) {
        await reader.cancel()
        break
      }
      chunks.push(part.value)
    }
  }
  const data = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.byteLength, 0))
  let end = 0
  for (const chunk of chunks) {
    data.set(chunk, end)
    end += chunk.byteLength
  }
  return { data, bytes }
}
