export { sqliteCache, type SqliteCacheOptions } from './sqlite-cache.js'
