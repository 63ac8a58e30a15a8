import { ConfigError } from './errors.js'
import type { HttpDelegate } from './http-delegate.js'
import { registry } from './registry.js'

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

/** `fetch` through the delegate where one is set. */
export async function kitFetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const { delegate } = registry.kit
  // A delegate knows text only: calls made with a Request or another body go the plain way.
  if (delegate === undefined || (typeof input === 'object' && 'clone' in input)) return globalThis.fetch(input, init)
  const url = String(input)
  const isPost = init.method?.toUpperCase() === 'POST'
  const body = isPost
    ? await delegate.httpPost(url, typeof init.body === 'string' ? init.body : '')
    : await delegate.httpGet(url)
  return new Response(typeof body === 'string' ? body : JSON.stringify(body))
}
