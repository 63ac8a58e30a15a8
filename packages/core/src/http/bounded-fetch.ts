import type { Clock, Timer } from '../clock.js'
import { networkFault, type NetworkFault } from './network-fault.js'
import { onAbort } from '../time/on-abort.js'
import { sendRequest } from './send-request.js'

/** Why a request failed. Contains neither URL nor body. */
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

/** The largest body that is read; responses of real token endpoints stay below 5 KiB. */
const largestBody = 64 * 1024

/**
 * If the timeout fires this late, the process was stopped meanwhile, and the response may wait unread in its socket.
 */
const stopMs = 1000
/** Time to read that response. A token that is lost could cost the one that others hold. */
const graceMs = 500

/**
 * Sends one HTTP request with limits on time and size and without redirects. Rejects only with the reason of `signal`.
 *
 * @param timeoutMs limit of the whole request, body included
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
  // A `fetch` that ignores its signal must not block the refresh: the race ends the wait.
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

/** Calls `end` after the timeout, or slightly later if the process was stopped meanwhile. */
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
  // The body of a redirect is useless, and following it would send the secret elsewhere.
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
