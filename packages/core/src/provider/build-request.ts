import { ConfigError } from '../errors.js'
import type { ParentPlacementSpec, PlacementSpec, RequestSpec, ResolvedSpec } from '../provider.js'

/** The fields of a provider that {@link buildRequest} needs. */
export interface RequestBase {
  readonly id: string
  readonly baseUrl?: string
  /** Whether the base replaces the origin of an absolute URL. */
  readonly rebased: boolean
}

/** A request as `fetch` takes it. */
export interface BuiltRequest {
  readonly url: string
  readonly init: RequestInit & { readonly headers: Record<string, string> }
}

/** Builds the arguments of `fetch` from a description of a request. */
export function buildRequest(base: RequestBase, request: RequestSpec): BuiltRequest {
  const url = new URL(resolveUrl(base, request.url))
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.append(name, value)
  const headers: Record<string, string> = { accept: 'application/json', ...request.headers }
  const body = bodyOf(request)
  if (body !== undefined) headers['content-type'] ??= body.type
  return { url: url.href, init: { method: request.method, headers, ...(body && { body: body.text }) } }
}

function bodyOf({ json, form }: RequestSpec): { readonly type: string; readonly text: string } | undefined {
  if (json !== undefined) return { type: 'application/json', text: JSON.stringify(json) }
  return form && { type: 'application/x-www-form-urlencoded', text: new URLSearchParams(form).toString() }
}

/**
 * Resolves the URL of a request. A path is appended to the base. An absolute URL stays as it is, unless the provider
 * got a new base, which then replaces its origin.
 */
export function resolveUrl({ id, baseUrl, rebased }: RequestBase, url: string): string {
  const base = baseUrl?.replace(/\/+$/, '')
  if (!URL.canParse(url)) {
    if (base === undefined || !url.startsWith('/')) {
      throw new ConfigError(
        `provider "${id}": ${base === undefined ? 'a path needs a baseUrl' : 'a path starts with /'}`,
        {
          field: 'baseUrl',
          problem: base === undefined ? 'missing' : 'malformed',
        },
      )
    }
    return base + url
  }
  if (!rebased || base === undefined) return url
  const { pathname, search } = new URL(url)
  return base + pathname + search
}

/** The placement that applies to a URL: that of the longest base URL that it is below, or else the provider's own. */
export function placementFor(
  { placement, placementAt = {} }: Pick<ResolvedSpec<never>, 'placement' | 'placementAt'>,
  url: URL,
): PlacementSpec {
  const bases = Object.keys(placementAt).filter((base) => isBelow(url, new URL(base)))
  const longest = bases.reduce((best, base) => (base.length > best.length ? base : best), '')
  return placementAt[longest] ?? placement
}

function isBelow(url: URL, base: URL): boolean {
  return url.origin === base.origin && `${url.pathname}/`.startsWith(`${base.pathname.replace(/\/+$/, '')}/`)
}

/** Adds the token of a parent to the description of a request, if it goes into the JSON body. @throws ConfigError for a form */
export function requestWithParentToken(
  request: RequestSpec,
  placement: ParentPlacementSpec | undefined,
  token: string,
): RequestSpec {
  if (placement?.in !== 'json') return request
  if (request.form !== undefined) {
    throw new ConfigError('parentPlacement is in the JSON body, but request() gives a form', {
      field: 'parentPlacement',
      problem: 'conflict',
    })
  }
  return { ...request, json: { ...Object(request.json), [placement.name]: token } }
}

/** Adds a token to a request where the platform takes it. */
export function requestWithToken({ url, init }: BuiltRequest, placement: PlacementSpec, token: string): BuiltRequest {
  const placed = new URL(url)
  const headers = new Headers(init.headers)
  placeToken(placement, token, placed, headers)
  return { url: placed.href, init: { ...init, headers: Object.fromEntries(headers) } }
}

/** Adds a token to a URL or headers, where the platform takes it. */
export function placeToken(placement: PlacementSpec, token: string, url: URL, headers: Headers): void {
  if (placement.in === 'query') url.searchParams.set(placement.name, token)
  if (placement.in === 'header') headers.set(placement.name, headerValue(placement, token))
}

/** The fields of a provider that errors about its placement need. */
type Placed = Pick<ResolvedSpec<never>, 'id' | 'kind' | 'placement'>

/** Asserts that calls carry the token. @throws ConfigError if they do not */
export function assertPlaced({ id, kind, placement }: Placed): void {
  if (placement.in !== 'nowhere') return
  throw new ConfigError(
    `${id}: no call carries the ${kind}`,
    { field: 'placement', problem: 'conflict' },
    { hint: 'Take its value with getAccessToken(), and call the API with the source of the token it is derived from.' },
  )
}

/** Returns the header that carries the token. @throws ConfigError if none does */
export function headerPlacement(spec: Placed): Extract<PlacementSpec, { readonly in: 'header' }> {
  assertPlaced(spec)
  const { id, placement } = spec
  if (placement.in === 'header') return placement
  const name = placement.in === 'query' ? ` as ${placement.name}` : ''
  throw new ConfigError(`${id}: this platform takes its token in the URL${name}, not in a header`, {
    field: 'placement',
    problem: 'conflict',
  })
}

/** The value of the header: `QQBot <token>`, or the bare token without a scheme. */
export function headerValue({ scheme }: { readonly scheme?: string }, token: string): string {
  return scheme === undefined ? token : `${scheme} ${token}`
}
