/**
 * What the bridge uses of TNW 2.4.1 and later: the module `tnwx`, or `{ ...accesstoken, ...kits }` of `@tnwx/accesstoken` and
 * `@tnwx/kits`. TNW keeps all of it in static members, so one bridge is for the whole process.
 */
export interface Tnwx {
  readonly ApiConfigKit: TnwxCacheKit
  readonly QyApiConfigKit: TnwxCacheKit & { readonly CFG_MAP: ReadonlyMap<unknown, TnwxConfig> }
  readonly HttpKit: { readonly getHttpDelegate: object; setHttpDelegate: object }
}

/** The cache of a kit. TNW sets it by assignment. */
export interface TnwxCacheKit {
  readonly getCache: TnwxCache
  setCache: TnwxCache
}

/** TNW's `ICache`. */
export interface TnwxCache {
  /** Returns the JSON text at a key, or an empty one. */
  get(key: string): Promise<unknown>
  /** Stores a JSON text. */
  set(key: string, jsonValue: string): Promise<unknown>
  /** Removes an entry. TNW itself never does. */
  remove(key: string): Promise<unknown>
}

/** TNW's `ApiConfig`, with its spelling. For WeCom, `getAppId` is the AgentId. */
export interface TnwxConfig {
  readonly getAppId: string
  readonly getCorpId: string
  readonly getAppScrect: string
}
