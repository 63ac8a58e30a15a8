export { bridgeTnwx, type TnwxBridge } from './bridge-tnwx.js'
export { importTnwxTokens, type ImportedToken } from './import-tokens.js'
export type { Tnwx, TnwxCache, TnwxCacheKit } from './tnwx.js'
