export { redisCache } from './redis-cache.js'
export type {
  RedisCacheByClient,
  RedisCacheByUrl,
  RedisCacheOptions,
  RedisClient,
  RedisTlsOptions,
} from './redis-options.js'
