export { encryptedCache, type EncryptedCacheOptions } from './encrypted-cache.js'
export { generateKey, type EncryptionKey } from './key-ring.js'
