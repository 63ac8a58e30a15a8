import type { Provider } from '@lingpai/core'
import { checkEnvironment } from './check-environment.js'
import { checkLive } from './check-live.js'
import { checkRequest } from './check-request.js'
import { checkShape } from './check-shape.js'
import { checkTables } from './check-tables.js'
import { checkVolatile } from './check-volatile.js'
import type { AddProviderCheck, ProviderSamples } from './provider-samples.js'

export type { ProviderSamples, ErrorSample } from './provider-samples.js'

/** The `test` function of jest, vitest, `node:test` or another runner: takes a name and a body that rejects on failure. */
export type ProviderConformanceTest = (name: string, body: () => Promise<void>) => unknown

/**
 * Registers tests that check a provider's data against the platform's recorded responses, and use it with a `TokenManager` and a real
 * HTTP server on loopback that replays them. The tests do not sleep.
 *
 * @param samples the platform's responses, exactly as it sent them
 * @example
 * ```ts
 * import { defineProvider, type Secret } from '@lingpai/core'
 * import { providerConformance } from '@lingpai/testing/conformance'
 * import { test } from 'node:test'
 *
 * const acme = defineProvider<{ readonly appId: string; readonly appSecret: Secret }>({
 *   id: 'acme',
 *   source: { url: 'https://example.com/docs/token', readOn: '2026-11-20' },
 *   account: ['appId'],
 *   secrets: ['appSecret'],
 *   env: { appId: ['ACME_APP_ID'], appSecret: ['ACME_APP_SECRET'] },
 *   renewal: { mode: 'independent' },
 *   response: { token: 'access_token', expiresIn: 'expires_in', code: ['code'], message: 'message' },
 *   placement: { in: 'header', name: 'authorization', scheme: 'Bearer' },
 *   errors: { token: { 'credential-invalid': [1001] }, api: { 'token-expired': [2001] } },
 *   request: ({ appId, appSecret }) => ({
 *     method: 'POST',
 *     url: 'https://api.example.com/token',
 *     json: { appId, appSecret },
 *   }),
 * })
 *
 * providerConformance(test, acme, {
 *   credentials: { appId: 'app1', appSecret: 'made-up' },
 *   ok: { access_token: 'T1', expires_in: 7200 },
 *   tokenErrors: [{ status: 400, body: { code: 1001, message: 'wrong secret' }, errorClass: 'credential-invalid' }],
 *   apiErrors: [{ status: 401, body: { code: 2001, message: 'expired' }, errorClass: 'token-expired' }],
 * })
 * ```
 */
export function providerConformance<C>(
  test: ProviderConformanceTest,
  provider: Provider<C>,
  samples: ProviderSamples<C>,
): void {
  const add: AddProviderCheck = (fact, body) => {
    test(`${provider.id} (${provider.kind}): ${fact}`, async () => {
      await body()
    })
  }
  checkRequest(add, provider, samples)
  checkTables(add, provider, samples)
  checkShape(add, provider)
  checkEnvironment(add, provider)
  checkLive(add, provider, samples)
  checkVolatile(add, provider, samples)
}
