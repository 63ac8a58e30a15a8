/** Two slashes in a row, or one at the end, before the query. */
const oddSlashes = /^[^?]*(?:\/\/|[^?/]\/(?:\?|$))/
const facadePaths = /^\/(?:cgi-bin|sns|app)\//

/** SDKs join a base URL and a path in many ways: the URL of a facade without double and trailing slashes; any other as it is. */
export function facadeUrl(url: string): string {
  if (!oddSlashes.test(url)) return url
  const end = url.indexOf('?')
  const [path, rest] = end < 0 ? [url, ''] : [url.slice(0, end), url.slice(end)]
  const plain = path.replaceAll(/\/{2,}/g, '/').replace(/\/$/, '')
  return facadePaths.test(plain) ? plain + rest : url
}
