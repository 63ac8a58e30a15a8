/** Whether this runtime ends all I/O of a request with that request. */
export function isBoundToRequests(): boolean {
  return (globalThis as { navigator?: { readonly userAgent?: string } }).navigator?.userAgent === 'Cloudflare-Workers'
}

/** Errors of Cloudflare's runtime when one request uses or waits for I/O that another request started. */
const otherRequestWords = /on behalf of a different request|created by a request that has since ended/

/** Whether an error of the runtime says that one request used I/O of another. */
export function isOtherRequest(error: unknown): boolean {
  return otherRequestWords.test(String((error as { readonly message?: unknown } | null | undefined)?.message))
}

/** The hint for such an error. */
export const otherRequestHint =
  'Cloudflare Workers end all I/O of a request with that request. Create the TokenManager in a Durable Object that all requests use, or create one for each request.'
