export {
  cacheConformance,
  type CacheConformanceGap,
  type CacheConformanceOptions,
  type CacheConformanceTest,
  type OpenedCache,
} from './cache/cache-conformance.js'
export {
  providerConformance,
  type ProviderConformanceTest,
  type ProviderSamples,
  type ErrorSample,
} from './provider/provider-conformance.js'
