import type { PlacementSpec } from '@lingpai/core'
import { placementFor } from '@lingpai/core/internal'
import { ApiError } from '../http/api-error.js'
import type { ServedAccount } from '../accounts/served-account.js'

/** The parts of a call's URL. */
export interface CallUrl {
  readonly path: string
  /** Without the question mark. */
  readonly query: string
}

/** Where a call carries its token. */
export type TokenPlace =
  | { readonly in: 'query'; readonly name: string }
  | { readonly in: 'header'; readonly name: string; readonly scheme?: string }

/** A base URL of a platform's API. */
export interface TargetBase {
  readonly origin: string
  /** Path prefix without a slash at the end; usually empty. */
  readonly prefix: string
  /** Where it takes the token. */
  readonly placement: Exclude<PlacementSpec, { readonly in: 'nowhere' }>
}

/**
 * What a path of a platform's API never contains: a slash, backslash, dot or NUL that is encoded once or twice, a backslash, a fragment,
 * a control character.
 */
const tricks = /%(?:25)*(?:2f|5c|2e|00)|[\\#]|[^\x21-\xff]/i
/** Java's servers cut a segment at a semicolon before they resolve its dots. */
const dotSegment = /\/\.\.?(?:[/;]|%(?:25)*3b|$)/i

/**
 * Returns the path of a call as it is sent on, with single slashes, because SDKs join a base URL and a path in many ways.
 *
 * @throws ApiError 400 for a URL with a host and for a path that the platform might read in another way than this server
 */
export function targetPath(url: string): CallUrl {
  const end = url.indexOf('?')
  const [rawPath, query] = end < 0 ? [url, ''] : [url.slice(0, end), url.slice(end + 1)]
  const path = rawPath.replaceAll(/\/{2,}/g, '/')
  if (!path.startsWith('/') || tricks.test(path) || dotSegment.test(path) || /[^\x21-\xff]|#/.test(query))
    throw new ApiError('ERR_BAD_REQUEST', 'the request target must be a plain path')
  return { path, query }
}

/**
 * Returns the base URL of the account's API that takes its token where the call carries it. That also tells apart the hosts of a
 * platform with several ones: DingTalk's newer API takes a header, its older one a parameter.
 *
 * @returns undefined if no host of the account takes a token there
 */
export function targetBase(account: ServedAccount, place: TokenPlace, path: string): TargetBase | undefined {
  let bases = basesOfAccounts.get(account)
  if (bases === undefined) basesOfAccounts.set(account, (bases = basesOf(account)))
  const { spec } = account.provider
  for (const { origin, prefix, placement } of bases) {
    const placed = placement ?? placementFor(spec, new URL(origin + prefix + path))
    if (isAt(placed, place)) return { origin, prefix, placement: placed }
  }
  return undefined
}

interface Base extends Pick<TargetBase, 'origin' | 'prefix'> {
  /** Absent if it depends on the path. */
  readonly placement?: PlacementSpec
}

const basesOfAccounts = new WeakMap<ServedAccount, readonly Base[]>()

function basesOf({ provider: { spec }, source: { apiOrigins } }: ServedAccount): readonly Base[] {
  // Hosts that `extend` has added come last, and are meant instead of the provider's own.
  const placed = Object.keys(spec.placementAt ?? {}).reverse()
  const isByHost = placed.every((base) => new URL(base).pathname === '/')
  const named = [spec.apiBaseUrl ?? spec.baseUrl, ...placed, ...apiOrigins].filter((base) => base !== undefined)
  return named
    .map((base): Base => {
      const url = new URL(base)
      const { origin, pathname } = url
      return { origin, prefix: pathname.replace(/\/+$/, ''), ...(isByHost && { placement: placementFor(spec, url) }) }
    })
    .filter(({ origin }) => apiOrigins.includes(origin))
}

function isAt(placement: PlacementSpec, place: TokenPlace): placement is TargetBase['placement'] {
  if (placement.in === 'query') return place.in === 'query' && placement.name === place.name
  if (placement.in === 'nowhere' || place.in === 'query') return false
  return placement.name.toLowerCase() === place.name && placement.scheme?.toLowerCase() === place.scheme?.toLowerCase()
}

/** Whether a client key may send calls to a path: below one of its paths, if it has any. */
export function mayCall(paths: readonly string[] | undefined, path: string): boolean {
  if (paths === undefined) return true
  return paths.some((allowed) => path === allowed || path.startsWith(allowed.endsWith('/') ? allowed : `${allowed}/`))
}
