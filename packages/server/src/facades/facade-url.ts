/** A path with two slashes in a row or one at the end. */
const oddSlashes = /^[^?]*(?:\/\/|[^?/]\/(?:\?|$))/
const facadePaths = /^\/(?:cgi-bin|sns|app)\//

/** Removes double and trailing slashes from the URL of a facade, because SDKs join a base URL and a path in many ways. */
export function facadeUrl(url: string): string {
  if (!oddSlashes.test(url)) return url
  const end = url.indexOf('?')
  const [path, rest] = end < 0 ? [url, ''] : [url.slice(0, end), url.slice(end)]
  const plain = path.replaceAll(/\/{2,}/g, '/').replace(/\/$/, '')
  return facadePaths.test(plain) ? plain + rest : url
}
