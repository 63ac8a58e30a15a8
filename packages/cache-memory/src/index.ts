export { memoryCache, type MemoryCache, type MemoryCacheOptions } from './memory-cache.js'
