import type { Call } from './fetch-call.js'
import { sendRequest } from '../http/send-request.js'

/** The limit that `fetch` has, too. */
const mostRedirects = 20

/**
 * Sends a call and follows redirects as `fetch` does, but only to `origins`: `fetch` itself removes no header but
 * `Authorization` when a redirect leads to another origin. A redirect that is not followed is the response.
 */
export async function followWithin(
  origins: readonly string[],
  fetch: typeof globalThis.fetch,
  start: URL,
  call: Call,
): Promise<Response> {
  const { redirect = 'follow' } = call.init
  let url = start
  let { init } = call
  for (let redirects = 0; ; redirects += 1) {
    const response = await sendRequest(fetch, url.href, init)
    const target = redirect === 'follow' && redirects < mostRedirects ? targetOf(response, url) : undefined
    if (target === undefined || !origins.includes(target.origin)) return response
    // An unencrypted origin, even of the provider, must not receive a call that was meant for an encrypted one.
    if (url.protocol === 'https:' && target.protocol !== 'https:') return response
    const next = afterRedirect(response.status, init)
    if (next.body && !call.isRepeatable) return response
    await response.body?.cancel()
    url = target
    init = next
  }
}

function targetOf({ status, headers }: Response, from: URL): URL | undefined {
  const location = headers.get('location')
  const isRedirect = [301, 302, 303, 307, 308].includes(status)
  return isRedirect && location !== null && URL.canParse(location, from.href) ? new URL(location, from) : undefined
}

/** The Fetch standard's rule: a POST becomes a GET after 301 and 302, everything but GET and HEAD after 303. */
function afterRedirect(status: number, init: Call['init']): Call['init'] {
  const method = (init.method ?? 'GET').toUpperCase()
  const becomesGet = status === 303 ? method !== 'GET' && method !== 'HEAD' : status < 303 && method === 'POST'
  if (!becomesGet) return init
  const { body: _, ...rest } = init
  const headers = new Headers([...init.headers].filter(([name]) => !name.startsWith('content-')))
  return { ...rest, method: 'GET', headers }
}
