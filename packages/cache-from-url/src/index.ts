export { cacheFromUrl } from './cache-from-url.js'
export type { CacheFromUrlOptions, CacheUrlPlace } from './cache-url-options.js'
export { displayCacheUrl } from './display-cache-url.js'
