import { abortable } from '../time/abortable.js'
import { ConfigError } from '../errors.js'

/** An API call without its target and its token. */
export interface Call {
  /** Has no `signal` member if `signal` is undefined, so that other HTTP clients accept it. */
  readonly init: RequestInit & { readonly headers: Headers }
  readonly signal: AbortSignal | undefined
  /** Whether the body can be sent again. */
  readonly isRepeatable: boolean
}

/**
 * Turns the arguments of `fetch` into plain data, which any HTTP client can send, more than once.
 *
 * The body of a `Request` is always a stream, so it is read once and kept in memory. A stream in `init` stays a stream.
 *
 * @throws ConfigError for a `Request` whose body was already read
 */
export async function callOf(provider: string, input: string | URL | Request, init: RequestInit): Promise<Call> {
  if (!isRequest(input)) {
    const { signal } = init
    return {
      init: { ...init, headers: new Headers(init.headers) },
      signal: signal ?? undefined,
      isRepeatable: !isStream(init.body),
    }
  }
  // A Request of node-fetch has no signal unless it was given one.
  const own = input.signal as AbortSignal | null
  const signal = init.signal ?? own ?? undefined
  const body = init.body ?? (await bodyOf(provider, input, signal))
  const { method, redirect, integrity, keepalive } = input
  const headers = new Headers(init.headers ?? input.headers)
  return {
    init: {
      method,
      redirect,
      integrity,
      keepalive,
      ...(signal && { signal }),
      ...init,
      headers,
      ...(body !== undefined && { body }),
    },
    signal,
    isRepeatable: !isStream(body),
  }
}

async function bodyOf(provider: string, request: Request, signal?: AbortSignal): Promise<ArrayBuffer | undefined> {
  if (request.bodyUsed) {
    throw new ConfigError(
      `${provider}: the body of the Request has been read already`,
      { field: 'input', problem: 'conflict' },
      { hint: 'Give fetch a new Request, or a clone() that was made before the body was read.' },
    )
  }
  return request.body === null ? undefined : abortable(request.arrayBuffer(), signal)
}

/** Whether a body is a stream, which can be sent only once. */
function isStream(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false
  return 'getReader' in body || Symbol.asyncIterator in body || 'pipe' in body
}

/** Whether an input is a `Request`, of any realm or client. */
export function isRequest(input: string | URL | Request): input is Request {
  return typeof input === 'object' && 'clone' in input && 'url' in input
}
