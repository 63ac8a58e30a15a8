import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { isLingpaiError, type Provider, type RequestSpec, type ResolvedSpec } from '@lingpai/core'
import { withSecret, type AddProviderCheck, type ProviderSamples, type ErrorSample } from './provider-samples.js'
import type { ReceivedRequest } from './replay-server.js'
import {
  parentPlacementOf,
  parentToken,
  parentTokenIn,
  pathOf,
  tokenNumber,
  withReplayedPlatform,
  type ReplayedPlatform,
} from './replayed-platform.js'

/** As awkward as a secret can be without the white space that the core rejects as a copying mistake. */
const awkwardSecret = 'sec&B=+x/?#%"\\é'

/** Checks the provider in use: a `TokenManager` with a real HTTP server that replays the samples. */
export function checkLive<C>(add: AddProviderCheck, provider: Provider<C>, given: ProviderSamples<C>): void {
  const credentials = withSecret(provider, given.credentials, awkwardSecret)
  const samples = { ...given, credentials }
  const { parent, placement } = provider.spec

  for (const slash of ['', '/']) {
    add(`a token is fetched once, below the base http://host/prefix${slash}, with every field unchanged`, () =>
      withReplayedPlatform(provider, samples, `/prefix${slash}`, async ({ source, tokenRequests, parentRequests }) => {
        const both = await Promise.all([source.getAccessToken(), source.getAccessToken()])
        assert.deepEqual(both, [tokenNumber(1, provider, samples), tokenNumber(1, provider, samples)])
        assert.deepEqual([tokenRequests.length, parentRequests.length], [1, parent === undefined ? 0 : 1])
        const described = provider.spec.request(credentials)
        assertSent(tokenRequests[0], described, `/prefix${pathOf(described)}`, provider.spec)
      }),
    )
  }

  if (placement.in !== 'nowhere') checkCalls(add, provider, samples)
  if (parent !== undefined) checkDerived(add, provider, samples)

  add('errors of the token endpoint reach the caller with class, code and hint, and show no secret', async () => {
    // Transient errors are retried after a pause, and a check does not sleep.
    for (const sample of samples.tokenErrors.filter(({ errorClass }) => errorClass !== 'transient')) {
      await withReplayedPlatform(provider, samples, '', (platform) => assertRefused(platform, sample))
    }
  })
}

function checkCalls<C>(add: AddProviderCheck, provider: Provider<C>, samples: ProviderSamples<C>): void {
  // The calls of a derived token continue when its parent token is rejected; another check covers that.
  if (provider.spec.parent !== undefined) return
  add('the token is sent where the platform expects it; a rejected one is replaced once and the call repeated', () =>
    withReplayedPlatform(provider, samples, '/prefix', async ({ source, tokenRequests, apiRequests, revoke }) => {
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
}

function checkDerived<C>(add: AddProviderCheck, provider: Provider<C>, samples: ProviderSamples<C>): void {
  add('a rejected token is replaced once, the request repeated once, and the derived token stays', () =>
    withReplayedPlatform(provider, samples, '/prefix', async ({ source, tokenRequests, parentRequests, revoke }) => {
      const before = await source.getRecord()
      revoke()
      const after = await source.refresh()
      assert.equal(after.generation, before.generation + 1, 'the derived token is the next one, and none was lost')
      assert.deepEqual([tokenRequests.length, parentRequests.length], [3, 2])
      assert.deepEqual(
        tokenRequests.map((request) => parentTokenIn(request, provider.spec)),
        [parentToken(1), parentToken(1), parentToken(2)],
      )
    }),
  )
}

async function assertRefused({ source, refuse }: ReplayedPlatform, sample: ErrorSample): Promise<void> {
  refuse(sample)
  const error: unknown = await source.getAccessToken().then(
    () => assert.fail('the rejection was treated as a token'),
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

function assertSent<C>(
  received: ReceivedRequest | undefined,
  described: RequestSpec,
  path: string,
  spec: ResolvedSpec<C>,
): void {
  assert.ok(received !== undefined)
  const { method, query = {}, json, form, headers = {} } = described
  assert.equal(received.method, method)
  assert.equal(received.url.pathname, path)
  const sent = new URLSearchParams(received.url.searchParams)
  let sentJson = json === undefined ? {} : (JSON.parse(received.body) as Record<string, unknown>)
  const place = parentPlacementOf(spec)
  if (place !== undefined) {
    assert.equal(parentTokenIn(received, spec), parentToken(1), 'the token that it is derived from is sent')
    if (place.in === 'query') sent.delete(place.name)
    if (place.in === 'json') {
      const { [place.name]: _, ...others } = sentJson
      sentJson = others
    }
  }
  assert.deepEqual(Object.fromEntries(sent), query)
  if (json !== undefined) assert.deepEqual(sentJson, json)
  if (form !== undefined) assert.deepEqual(Object.fromEntries(new URLSearchParams(received.body)), form)
  for (const [name, value] of Object.entries(headers)) assert.equal(received.headers[name.toLowerCase()], value)
}
