import { facades } from './generated-list.js'

/** A path with two slashes in a row or one at the end. */
const oddSlashes = /^[^?]*(?:\/\/|[^?/]\/(?:\?|$))/
/** Where the routes of the facades begin: `/cgi-bin/`. */
const facadeRoots = new Set(facades.flatMap(({ routes }) => routes.map(({ path }) => path.split('/')[1])))

/** Paths of a single name: `/gettoken`. */
const shortPaths = new Set(facades.flatMap(({ routes }) => routes.map(({ path }) => path)))

/** Removes double and trailing slashes from the URL of a facade, because SDKs join a base URL and a path in many ways. */
export function facadeUrl(url: string): string {
  if (!oddSlashes.test(url)) return url
  const end = url.indexOf('?')
  const [path, rest] = end < 0 ? [url, ''] : [url.slice(0, end), url.slice(end)]
  const plain = path.replaceAll(/\/{2,}/g, '/').replace(/\/$/, '')
  const [, first, second] = plain.split('/')
  return facadeRoots.has(first) && (second !== undefined || shortPaths.has(plain)) ? plain + rest : url
}
