import { inspect } from 'node:util'
import { assertPlaced, placeToken, resolveUrl } from './build-request.js'
import { ConfigError } from './errors.js'
import type { ResolvedSpec } from './provider.js'
import { scrubCause, spells } from './redact.js'
import { tokenErrorIn } from './refusal-in.js'
import type { TokenSource } from './token-source.js'

/** {@link TokenSource.fetch} over any source. */
export async function authorizedFetch<C>(
  source: Pick<TokenSource, 'account' | 'getAccessToken' | 'reportRejected'>,
  spec: ResolvedSpec<C>,
  fetch: typeof globalThis.fetch,
  input: string | URL | Request,
  init: RequestInit = {},
): Promise<Response> {
  assertPlaced(spec)
  const url = targetOf(spec, source.account.host, input)
  const signal = init.signal ?? (isRequest(input) ? input.signal : undefined)
  const send = async (token: string): Promise<Response> => {
    const placed = new URL(url)
    const headers = new Headers(init.headers ?? (isRequest(input) ? input.headers : undefined))
    const sent = { ...redirectsOf(spec), ...init, headers }
    try {
      placeToken(spec.placement, token, placed, headers)
      return isRequest(input)
        ? await fetch(new Request(new Request(placed, input.clone()), sent))
        : await fetch(placed, sent)
    } catch (error) {
      throw withoutToken(error, token)
    }
  }

  const waiting = signal ? { signal } : undefined
  const token = await source.getAccessToken(waiting)
  const isReplayable = canReplay(input, init)
  const response = await send(token)
  const refusal = await tokenErrorIn(spec, response)
  if (refusal === undefined) return response
  if (!isReplayable) {
    // The next call shall find a good token, but this one cannot be sent again.
    source.reportRejected(token, refusal.code).catch(() => undefined)
    return response
  }
  const other = await source.reportRejected(token, refusal.code, waiting)
  // The platform's own probe stands by the token: the refusal was about the call.
  if (other === token) return response
  signal?.throwIfAborted()
  await response.body?.cancel()
  const second = await send(other)
  const again = await tokenErrorIn(spec, second)
  // The call is over, but what was refused here is given to nobody any more.
  if (again !== undefined) source.reportRejected(other, again.code).catch(() => undefined)
  return second
}

/** `fetch` takes `Authorization` off when a redirect leaves the origin, but no other header: those stay where they are sent. */
function redirectsOf<C>({ placement }: ResolvedSpec<C>): RequestInit {
  const isCustom = placement.in === 'header' && placement.name.toLowerCase() !== 'authorization'
  return isCustom ? { redirect: 'manual' } : {}
}

/** Some HTTP clients put the URL into their errors, and the token stands in it; all others fail in their own words. */
function withoutToken(error: unknown, token: string): unknown {
  const shown = inspect(error, { depth: 5, showHidden: true })
  return spells(shown, token) ? scrubCause(error, [token]) : error
}

/** The call's URL, if the token may go there. */
function targetOf<C>(spec: ResolvedSpec<C>, accountHost: string, input: string | URL | Request): URL {
  const { id, apiBaseUrl, baseUrl, apiOrigins = [] } = spec
  const base = apiBaseUrl ?? baseUrl
  const text = isRequest(input) ? input.url : String(input)
  const url = text.startsWith('/')
    ? resolveUrl({ id, rebased: false, ...(base !== undefined && { baseUrl: base }) }, text)
    : text
  if (!URL.canParse(url)) {
    throw new ConfigError(`${id}: fetch needs an absolute URL or a path starting with /`, {
      field: 'input',
      problem: 'malformed',
    })
  }
  const target = new URL(url)
  const known = [baseUrl, apiBaseUrl, ...apiOrigins].filter((candidate) => candidate !== undefined)
  // A provider that names no base has its home where its token request goes.
  const isHome = known.length === 0 && target.host === accountHost
  if (!isHome && !known.some((candidate) => new URL(candidate).origin === target.origin)) {
    throw new ConfigError(
      `${id}: ${target.origin} is not an origin of this provider, so the token is not sent there`,
      { field: 'input', problem: 'conflict' },
      { hint: `If it is the platform's, make the provider with extend({ apiOrigins: ['${target.origin}'] }).` },
    )
  }
  return target
}

/** A stream can be sent only once; everything else `fetch` takes can be sent again. */
function canReplay(input: string | URL | Request, { body }: RequestInit): boolean {
  if (isRequest(input) && body === undefined) return input.body === null
  const isStream = typeof body === 'object' && body !== null && ('getReader' in body || Symbol.asyncIterator in body)
  return !isStream
}

function isRequest(input: string | URL | Request): input is Request {
  return typeof input === 'object' && 'clone' in input && 'url' in input
}
