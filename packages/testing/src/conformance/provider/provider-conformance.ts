import type { Provider } from '@lingpai/core'
import { checkEnvironment } from './check-environment.js'
import { checkLive } from './check-live.js'
import { checkRequest } from './check-request.js'
import { checkShape } from './check-shape.js'
import { checkTables } from './check-tables.js'
import type { AddProviderCheck, ProviderSamples } from './provider-samples.js'

export type { ProviderSamples, ErrorSample } from './provider-samples.js'

/** The `test` function of jest, vitest, `node:test` or another runner: takes a name and a body that rejects on failure. */
export type ProviderConformanceTest = (name: string, body: () => Promise<void>) => unknown

/**
 * Registers tests that check a provider's data against the platform's recorded responses, and use it with a `TokenManager` and a real
 * HTTP server on loopback that replays them. The tests do not sleep.
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
}
