import { ConfigError } from '../errors.js'
import type { HttpDelegate } from '../http-delegate.js'
import { registry } from '../manager/process-registry.js'

/** Configures the HTTP client of `ApiConfigKit`'s manager. */
export const HttpKit = {
  /** Sends the kit's requests through `delegate`; `undefined` returns to `fetch`. */
  setHttpDelegate(delegate: HttpDelegate | undefined): void {
    const given: Partial<HttpDelegate> | undefined = delegate
    if (given !== undefined && !(typeof given.httpGet === 'function' && typeof given.httpPost === 'function')) {
      throw new ConfigError('HttpKit: "delegate" must have the methods httpGet and httpPost', {
        field: 'delegate',
        problem: 'malformed',
      })
    }
    registry.kit.delegate = delegate
  },
  /** Returns the current delegate. */
  getHttpDelegate(): HttpDelegate | undefined {
    return registry.kit.delegate
  },
} as const

/** Headers that a delegate sets itself, or that are optional. */
const plainHeaders = new Set(['accept', 'content-type', 'cache-control'])

/**
 * Sends a request through the delegate if it can carry it: a GET, or a POST of text, without own headers. Otherwise
 * uses `fetch`.
 */
export async function kitFetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const { delegate } = registry.kit
  const { method = 'GET', body } = init
  const isPlain = [...new Headers(init.headers).keys()].every((name) => plainHeaders.has(name))
  if (delegate === undefined || !isPlain || (typeof input === 'object' && 'clone' in input)) {
    return globalThis.fetch(input, init)
  }
  const url = String(input)
  if (method.toUpperCase() === 'GET') return responseOf(await delegate.httpGet(url))
  if (method.toUpperCase() === 'POST' && typeof body === 'string') return responseOf(await delegate.httpPost(url, body))
  return globalThis.fetch(input, init)
}

function responseOf(body: unknown): Response {
  return new Response(typeof body === 'string' ? body : JSON.stringify(body))
}
