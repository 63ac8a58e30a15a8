/** What Cloudflare's runtime says when one request touches what another request has opened, or waits for it. */
const otherRequestWords = /on behalf of a different request|created by a request that has since ended/

/** Whether an error of the runtime says that I/O of one request was used by another. */
export function isOtherRequest(error: unknown): boolean {
  return otherRequestWords.test(String((error as { readonly message?: unknown } | null | undefined)?.message))
}

/** What to do about it, for a person. */
export const otherRequestHint =
  'Cloudflare Workers end all I/O of a request with that request. Make the TokenManager inside a Durable Object, which all requests ask, or make one for each request.'
