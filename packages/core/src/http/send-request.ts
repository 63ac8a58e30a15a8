import { webResponse } from './web-response.js'

/**
 * Sends a request with a secret or a token. All such requests leave here.
 *
 * No HTTP cache may serve or store the response: frameworks such as Next.js replace the global `fetch` by one that
 * writes responses to disk. A redirect is returned, not followed, so that the caller decides where a token may go.
 */
export async function sendRequest(fetch: typeof globalThis.fetch, url: string, init: RequestInit): Promise<Response> {
  const redirect = init.redirect === 'error' ? 'error' : 'manual'
  return webResponse(await fetch(url, { ...withoutCaching(init), redirect }))
}

function withoutCaching(init: RequestInit): RequestInit {
  // Next.js prefers its own option to `cache`.
  const { next: _, ...rest } = init as RequestInit & { readonly next?: unknown }
  // Proxies and caches of HTTP clients only see headers, and `fetch` itself sends only `no-cache`.
  const headers = { ...Object.fromEntries(new Headers(init.headers)), 'cache-control': 'no-cache, no-store' }
  return canTellCache() ? ({ ...rest, headers, cache: 'no-store' } as RequestInit) : { ...rest, headers }
}

/**
 * Whether the runtime accepts a cache mode. Cloudflare workerd before compatibility date 2024-11-11 rejects it, and
 * caches nothing.
 */
function canTellCache(): boolean {
  return typeof Request !== 'function' || 'cache' in Request.prototype
}
