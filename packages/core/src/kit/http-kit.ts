import { ConfigError } from '../errors.js'
import type { HttpDelegate } from '../http-delegate.js'
import { registry } from '../manager/process-registry.js'

/** The HTTP client of `ApiConfigKit`'s manager. */
export const HttpKit = {
  /** Sends all requests of the kit through `delegate`; `undefined` goes back to `fetch`. */
  setHttpDelegate(delegate: HttpDelegate | undefined): void {
    const given: Partial<HttpDelegate> | undefined = delegate
    if (given !== undefined && !(typeof given.httpGet === 'function' && typeof given.httpPost === 'function')) {
      throw new ConfigError('HttpKit: a delegate needs the methods httpGet and httpPost', {
        field: 'delegate',
        problem: 'malformed',
      })
    }
    registry.kit.delegate = delegate
  },
  /** The delegate in use. */
  getHttpDelegate(): HttpDelegate | undefined {
    return registry.kit.delegate
  },
} as const

/** Headers that a delegate sets by itself, or can do without. */
const plainHeaders = new Set(['accept', 'content-type', 'cache-control'])

/** `fetch` through the delegate where one is set and able to carry the call: a GET, or a POST of text, without own headers. */
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
