import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { isLingpaiError, type Provider, type RequestSpec } from '@lingpai/core'
import { withSecret, type AddProviderCheck, type ProviderSamples, type ErrorSample } from './provider-samples.js'
import type { ReceivedRequest } from './replay-server.js'
import {
  parentToken,
  pathOf,
  tokenIn,
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
        assertSent(tokenRequests[0], described, { path: `/prefix${pathOf(described)}`, parent })
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
        tokenRequests.map((request) => tokenIn(request, provider.spec.parent)),
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
  { path, parent }: { readonly path: string; readonly parent: Provider<C> | undefined },
): void {
  assert.ok(received !== undefined)
  const { method, query = {}, json, form, headers = {} } = described
  assert.equal(received.method, method)
  assert.equal(received.url.pathname, path)
  const sent = new URLSearchParams(received.url.searchParams)
  if (parent !== undefined) {
    assert.equal(tokenIn(received, parent), parentToken(1), 'the token that it is derived from is sent')
    if (parent.spec.placement.in === 'query') sent.delete(parent.spec.placement.name)
  }
  assert.deepEqual(Object.fromEntries(sent), query)
  if (json !== undefined) assert.deepEqual(JSON.parse(received.body), json)
  if (form !== undefined) assert.deepEqual(Object.fromEntries(new URLSearchParams(received.body)), form)
  for (const [name, value] of Object.entries(headers)) assert.equal(received.headers[name.toLowerCase()], value)
}
