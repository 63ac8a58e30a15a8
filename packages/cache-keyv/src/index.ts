export { keyvCache, type KeyvCacheOptions } from './keyv-cache.js'
export { decodeEntry, encodeEntry, entryKey, type EntryContent } from './entry.js'
export type { KeyvStore } from './keyv-store.js'
