import assert from 'node:assert/strict'
import {
  TokenManager,
  type CredentialsOf,
  type IAccessTokenCache,
  type ParentPlacementSpec,
  type PlacementSpec,
  type Provider,
  type RequestSpec,
  type ResolvedSpec,
  type TokenSource,
} from '@lingpai/core'
import { bodyWith, refusesToken, type ProviderSamples, type ErrorSample } from './provider-samples.js'
import { startReplayServer, type ReceivedRequest, type ReplayedReply } from './replay-server.js'

/** A platform that replays samples, and a source for it. */
export interface ReplayedPlatform {
  readonly source: TokenSource
  /** The entries of its cache. */
  readonly entries: ReadonlyMap<string, string>
  readonly tokenRequests: ReceivedRequest[]
  /** Requests for the parent token. */
  readonly parentRequests: ReceivedRequest[]
  readonly apiRequests: ReceivedRequest[]
  /** Rejects the current token from now on; for a derived token, its parent token. */
  readonly revoke: () => void
  /** Makes the token endpoint return this error from now on. */
  readonly refuse: (sample: ErrorSample) => void
}

/**
 * Opens a {@link ReplayedPlatform} below a path prefix while `work` runs. The parent of a derived provider is served too, with tokens
 * in its own fields.
 *
 * @param given the credentials of the source @default those of the samples
 */
export async function withReplayedPlatform<C>(
  provider: Provider<C>,
  samples: ProviderSamples<C>,
  prefix: string,
  work: (platform: ReplayedPlatform) => Promise<void>,
  given: CredentialsOf<C> = samples.credentials,
): Promise<void> {
  const { parent } = provider.spec
  const { credentials } = samples
  const pathBelow = (request: RequestSpec): string => prefix.replace(/\/$/, '') + pathOf(request)
  const tokenPath = pathBelow(provider.spec.request(credentials))
  const parentPath = parent && pathBelow(parent.spec.request(credentials))
  const refusals = parent === undefined ? samples.apiErrors : samples.tokenErrors
  const rejection = refusals.find(refusesToken) ?? assert.fail('no sample rejects the token')
  const tokenRequests: ReceivedRequest[] = []
  const parentRequests: ReceivedRequest[] = []
  const apiRequests: ReceivedRequest[] = []
  const value = (): string => tokenNumber(tokenRequests.length, provider, samples)
  let revoked = 0
  let refusal: ErrorSample | undefined
  const server = await startReplayServer((request): ReplayedReply => {
    if (request.url.pathname === parentPath) {
      parentRequests.push(request)
      const { token, expiresIn = 'expires_in' } = parent?.spec.response ?? provider.spec.response
      return { body: bodyWith({ [token]: parentToken(parentRequests.length), [expiresIn]: 7200 }) }
    }
    if (request.url.pathname === tokenPath) {
      tokenRequests.push(request)
      const isAlive =
        parentRequests.length > revoked && parentTokenIn(request, provider.spec) === parentToken(parentRequests.length)
      if (parent !== undefined && !isAlive) return rejection
      return refusal ?? { body: bodyWith({ [provider.spec.response.token]: value() }, samples.ok) }
    }
    apiRequests.push(request)
    return tokenIn(request, provider.spec.placement) === value() && tokenRequests.length > revoked
      ? { body: {} }
      : rejection
  })
  const entries = new Map<string, string>()
  const tokens = new TokenManager({ cache: mapCache(entries) })
  try {
    await work({
      source: tokens.source(provider.extend({ baseUrl: server.origin + prefix }), given),
      entries,
      tokenRequests,
      parentRequests,
      apiRequests,
      revoke: () => (revoked = parent === undefined ? tokenRequests.length : parentRequests.length),
      refuse: (sample) => (refusal = sample),
    })
  } finally {
    await tokens.close()
    await server.close()
  }
}

/** Returns the path of a described request. */
export function pathOf({ url }: RequestSpec): string {
  return new URL(url, 'http://loopback').pathname
}

/** Returns the sample's token, and similar tokens for later requests. */
export function tokenNumber<C>(count: number, { spec }: Provider<C>, { ok }: ProviderSamples<C>): string {
  const token = spec.response.token.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], ok)
  return count === 1 ? String(token) : `${String(token)}-${count}`
}

/** Returns a token of the parent; the checks only compare whether it is the latest one. */
export function parentToken(count: number): string {
  return `token-of-the-parent-${count}`
}

/** Where a derived provider's request carries the parent's token. */
export function parentPlacementOf<C>({ parent, parentPlacement }: ResolvedSpec<C>): ParentPlacementSpec | undefined {
  const placement = parentPlacement ?? parent?.spec.placement
  return placement?.in === 'nowhere' ? undefined : placement
}

/** Returns the parent's token of a request. */
export function parentTokenIn<C>(request: ReceivedRequest, spec: ResolvedSpec<C>): string | undefined {
  return tokenIn(request, parentPlacementOf(spec))
}

/** Returns the token of a request, from where the provider puts it. */
function tokenIn(
  request: ReceivedRequest,
  placement: ParentPlacementSpec | PlacementSpec | undefined,
): string | undefined {
  if (placement?.in === 'query') return request.url.searchParams.get(placement.name) ?? undefined
  if (placement?.in === 'json') {
    const value = (JSON.parse(request.body) as Readonly<Record<string, unknown>>)[placement.name]
    return typeof value === 'string' ? value : undefined
  }
  if (placement?.in !== 'header') return undefined
  const value = request.headers[placement.name.toLowerCase()]
  const scheme = placement.scheme === undefined ? '' : `${placement.scheme} `
  return typeof value === 'string' && value.startsWith(scheme) ? value.slice(scheme.length) : undefined
}

function mapCache(entries: Map<string, string>): IAccessTokenCache {
  return {
    get: (key) => entries.get(key),
    set: (key, value) => void entries.set(key, value),
    remove: (key) => void entries.delete(key),
  }
}
