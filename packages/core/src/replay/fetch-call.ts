import { abortable } from '../time/abortable.js'
import { ConfigError } from '../errors.js'

/** An API call, apart from where it goes and from its token. */
export interface Call {
  /** Without a signal in it where `signal` is undefined; a `fetch` of another client understands it too. */
  readonly init: RequestInit & { readonly headers: Headers }
  readonly signal: AbortSignal | undefined
  /** Whether the body can be sent again. */
  readonly isRepeatable: boolean
}

/**
 * A call as plain data, so that it can be sent again, and by any HTTP client.
 *
 * The body of a `Request` is a stream whatever it was made of, so it is read once and kept in memory. A stream in `init` stays one.
 *
 * @throws ConfigError for a `Request` whose body was read before
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
  // A Request of node-fetch has none where it was given none.
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

/** A stream can be sent only once; everything else `fetch` takes can be sent again. */
function isStream(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false
  return 'getReader' in body || Symbol.asyncIterator in body || 'pipe' in body
}

/** Whether `fetch` was given a `Request`, of whichever realm or client. */
export function isRequest(input: string | URL | Request): input is Request {
  return typeof input === 'object' && 'clone' in input && 'url' in input
}
