import { webResponse } from './web-response.js'

/**
 * The one place where a request with a secret or a token leaves.
 *
 * No HTTP cache answers it or stores it: frameworks such as Next.js replace the global `fetch` by one that writes what it fetched
 * to disk. A redirect is returned instead of followed, so that the caller decides where a token may go.
 */
export async function sendRequest(fetch: typeof globalThis.fetch, url: string, init: RequestInit): Promise<Response> {
  const redirect = init.redirect === 'error' ? 'error' : 'manual'
  return webResponse(await fetch(url, { ...withoutCaching(init), redirect }))
}

function withoutCaching(init: RequestInit): RequestInit {
  // Next.js takes its own option for more important than `cache`.
  const { next: _, ...rest } = init as RequestInit & { readonly next?: unknown }
  // Proxies and the caches of HTTP clients see headers only, and `fetch` itself sends no more than `no-cache`.
  const headers = { ...Object.fromEntries(new Headers(init.headers)), 'cache-control': 'no-cache, no-store' }
  return canTellCache() ? ({ ...rest, headers, cache: 'no-store' } as RequestInit) : { ...rest, headers }
}

/** Cloudflare workerd before its compatibility date 2024-11-11 rejects a request that names a cache mode, and caches none. */
function canTellCache(): boolean {
  return typeof Request !== 'function' || 'cache' in Request.prototype
}
