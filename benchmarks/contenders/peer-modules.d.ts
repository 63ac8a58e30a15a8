/**
 * What the contenders call of the packages that only `benchmarks/package.json` names, so that the types can be checked without them.
 */

declare module 'co-wechat-api' {
  interface AccessToken {
    readonly accessToken: string
  }
  class WechatApi {
    constructor(appId: string, appSecret: string)
    prefix: string
    ensureAccessToken(): Promise<AccessToken>
    getAccessToken(): Promise<AccessToken>
    saveToken(token: AccessToken | null): Promise<void>
  }
  export { WechatApi as default }
}

declare module 'google-auth-library' {
  export class OAuth2Client {
    constructor(options: {
      readonly clientId: string
      readonly clientSecret: string
      readonly endpoints: { readonly oauth2TokenUrl: string }
      readonly eagerRefreshThresholdMillis: number
    })
    setCredentials(credentials: { readonly refresh_token: string }): void
    getAccessToken(): Promise<{ readonly token?: string | null }>
  }
}

declare module '@azure/msal-node' {
  export class ConfidentialClientApplication {
    constructor(configuration: {
      readonly auth: {
        readonly clientId: string
        readonly clientSecret: string
        readonly authority: string
        readonly knownAuthorities: readonly string[]
        readonly authorityMetadata: string
      }
      readonly system: { readonly networkClient: object }
    })
    acquireTokenByClientCredential(request: {
      readonly scopes: readonly string[]
      readonly skipCache: boolean
    }): Promise<{ readonly accessToken: string } | null>
  }
}

declare module 'simple-oauth2' {
  export interface AccessToken {
    readonly token: Readonly<Record<string, unknown>>
    expired(windowSeconds: number): boolean
  }
  export class ClientCredentials {
    constructor(options: {
      readonly client: { readonly id: string; readonly secret: string }
      readonly auth: { readonly tokenHost: string; readonly tokenPath: string }
    })
    getToken(parameters: object): Promise<AccessToken>
  }
}

declare module 'bentocache' {
  interface Layers {
    useL1Layer(driver: object): Layers
    useL2Layer(driver: object): Layers
  }
  export function bentostore(): Layers
  export class BentoCache {
    constructor(options: { readonly default: string; readonly stores: Readonly<Record<string, Layers>> })
    getOrSet<T>(options: {
      readonly key: string
      readonly factory: (context: { setOptions(options: { readonly ttl: number }): void }) => Promise<T>
    }): Promise<T>
    delete(options: { readonly key: string }): Promise<boolean>
    disconnectAll(): Promise<void>
  }
}

declare module 'bentocache/drivers/memory' {
  export function memoryDriver(options: { readonly maxItems: number; readonly serialize: boolean }): object
}

declare module 'bentocache/drivers/file' {
  export function fileDriver(options: { readonly directory: string; readonly pruneInterval: false }): object
}

declare module 'bentocache/drivers/redis' {
  export function redisDriver(options: {
    readonly connection: { readonly host: string; readonly port: number }
  }): object
}

declare module 'p-memoize' {
  interface CacheStorage<K, V> {
    has(key: K): boolean
    get(key: K): V | undefined
    set(key: K, value: V): void
    delete(key: K): unknown
  }
  function pMemoize<A, V>(
    load: (argument: A) => Promise<V>,
    options: { readonly cache: CacheStorage<A, V> },
  ): (argument: A) => Promise<V>
  export { pMemoize as default }
}

declare module '@fastify/reply-from' {
  import type { FastifyPluginAsync } from 'fastify'

  const plugin: FastifyPluginAsync<{ readonly base: string; readonly undici: { readonly connections: number } }>
  export { plugin as default }
}
