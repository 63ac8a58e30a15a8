import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import {
  isLingpaiError,
  TokenManager,
  type IAccessTokenCache,
  type Provider,
  type RequestSpec,
  type TokenSource,
} from '@lingpai/core'
import {
  bodyWith,
  refusesToken,
  withSecret,
  type AddProviderCheck,
  type ProviderSamples,
  type RefusalSample,
} from './provider-samples.js'
import { startReplayServer, type ReceivedRequest, type ReplayedReply } from './replay-server.js'

/** As awkward as a secret can be without the white space that the core takes for a copying error. */
const awkwardSecret = 'sec&B=+x/?#%"\\é'

/** Checks the provider in use: a `TokenManager` on a real HTTP server that replays the samples. */
export function checkLive<C>(add: AddProviderCheck, provider: Provider<C>, samples: ProviderSamples<C>): void {
  const credentials = withSecret(provider, samples.credentials, awkwardSecret)

  for (const slash of ['', '/']) {
    add(`a token is fetched once, below the base http://host/prefix${slash}, with every field as it was given`, () =>
      withUpstream(provider, samples, `/prefix${slash}`, async ({ source, tokenRequests }) => {
        const both = await Promise.all([source.getAccessToken(), source.getAccessToken()])
        assert.deepEqual(both, [tokenNumber(1, provider, samples), tokenNumber(1, provider, samples)])
        assert.equal(tokenRequests.length, 1)
        const described = provider.spec.request(credentials)
        assertSent(tokenRequests[0], described, `/prefix${pathOf(described)}`)
      }),
    )
  }

  add(
    'the token goes where the platform takes it; one that an API refuses is replaced once and the call repeated',
    () =>
      withUpstream(provider, samples, '/prefix', async ({ source, tokenRequests, apiRequests, revoke }) => {
        assert.equal((await source.fetch('/call?q=1')).status, 200)
        revoke()
        const replies = await Promise.all([source.fetch('/call?q=2'), source.fetch('/call?q=2')])
        assert.deepEqual(
          replies.map(({ status }) => status),
          [200, 200],
        )
        assert.equal(tokenRequests.length, 2)
        assert.deepEqual(
          apiRequests.filter(({ url }) => url.pathname === '/prefix/call').map(({ url }) => url.searchParams.get('q')),
          ['1', '2', '2', '2', '2'],
        )
      }),
  )

  add('refusals of the token endpoint reach the caller with class, code and remedy, and show no secret', async () => {
    // What is transient is asked again after a pause, and a check does not sleep.
    for (const sample of samples.tokenErrors.filter(({ errorClass }) => errorClass !== 'transient')) {
      await withUpstream(provider, samples, '', (upstream) => assertRefused(upstream, sample))
    }
  })
}

interface Upstream {
  readonly source: TokenSource
  readonly tokenRequests: ReceivedRequest[]
  readonly apiRequests: ReceivedRequest[]
  /** From now on the API refuses the token that is out. */
  readonly revoke: () => void
  /** From now on the token endpoint answers with this. */
  readonly refuse: (sample: RefusalSample) => void
}

async function withUpstream<C>(
  provider: Provider<C>,
  samples: ProviderSamples<C>,
  prefix: string,
  work: (upstream: Upstream) => Promise<void>,
): Promise<void> {
  const credentials = withSecret(provider, samples.credentials, awkwardSecret)
  const tokenPath = prefix.replace(/\/$/, '') + pathOf(provider.spec.request(credentials))
  const rejection = samples.apiErrors.find(refusesToken) ?? assert.fail('no sample of the API refuses the token')
  const tokenRequests: ReceivedRequest[] = []
  const apiRequests: ReceivedRequest[] = []
  let revoked = 0
  let refusal: RefusalSample | undefined
  const server = await startReplayServer((request): ReplayedReply => {
    if (request.url.pathname === tokenPath) {
      tokenRequests.push(request)
      const value = tokenNumber(tokenRequests.length, provider, samples)
      return refusal ?? { body: bodyWith({ [provider.spec.answer.token]: value }, samples.ok) }
    }
    apiRequests.push(request)
    const isAlive = tokenIn(request, provider) === tokenNumber(tokenRequests.length, provider, samples)
    return isAlive && tokenRequests.length > revoked ? { body: {} } : rejection
  })
  const tokens = new TokenManager({ cache: mapCache() })
  try {
    const upstreamProvider = provider.extend({ baseUrl: server.origin + prefix })
    const source = tokens.source(upstreamProvider, credentials)
    await work({
      source,
      tokenRequests,
      apiRequests,
      revoke: () => (revoked = tokenRequests.length),
      refuse: (sample) => (refusal = sample),
    })
  } finally {
    await tokens.close()
    await server.close()
  }
}

async function assertRefused({ source, refuse }: Upstream, sample: RefusalSample): Promise<void> {
  refuse(sample)
  const error: unknown = await source.getAccessToken().then(
    () => assert.fail('the refusal was taken for a token'),
    (reason: unknown) => reason,
  )
  assert.ok(isLingpaiError(error) && error.code === 'ERR_LINGPAI_PLATFORM', inspect(error))
  assert.equal(error.details.errorClass, sample.errorClass)
  if (sample.code !== undefined) assert.equal(String(error.details.platformCode), String(sample.code))
  if (sample.ip !== undefined) assert.equal(error.details.ip, sample.ip)
  const shown = inspect([error, source], { depth: 9, showHidden: true }) + JSON.stringify([error, source])
  for (const secret of [awkwardSecret, encodeURIComponent(awkwardSecret), JSON.stringify(awkwardSecret).slice(1, -1)]) {
    assert.ok(!shown.includes(secret), 'a secret is shown')
  }
}

function assertSent(received: ReceivedRequest | undefined, described: RequestSpec, path: string): void {
  assert.ok(received !== undefined)
  const { method, query = {}, json, form, headers = {} } = described
  assert.equal(received.method, method)
  assert.equal(received.url.pathname, path)
  assert.deepEqual(Object.fromEntries(received.url.searchParams), query)
  if (json !== undefined) assert.deepEqual(JSON.parse(received.body), json)
  if (form !== undefined) assert.deepEqual(Object.fromEntries(new URLSearchParams(received.body)), form)
  for (const [name, value] of Object.entries(headers)) assert.equal(received.headers[name.toLowerCase()], value)
}

function pathOf({ url }: RequestSpec): string {
  return new URL(url, 'http://loopback').pathname
}

/** The sample's token, and others like it for the later ones. */
function tokenNumber<C>(count: number, { spec }: Provider<C>, { ok }: ProviderSamples<C>): string {
  const token = spec.answer.token.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], ok)
  return count === 1 ? String(token) : `${String(token)}-${count}`
}

function tokenIn<C>(request: ReceivedRequest, { spec: { placement } }: Provider<C>): string | undefined {
  if (placement.in === 'query') return request.url.searchParams.get(placement.name) ?? undefined
  const value = request.headers[placement.name.toLowerCase()]
  const scheme = placement.scheme === undefined ? '' : `${placement.scheme} `
  return typeof value === 'string' && value.startsWith(scheme) ? value.slice(scheme.length) : undefined
}

function mapCache(): IAccessTokenCache {
  const entries = new Map<string, string>()
  return {
    get: (key) => entries.get(key),
    set: (key, value) => void entries.set(key, value),
    remove: (key) => void entries.delete(key),
  }
}
