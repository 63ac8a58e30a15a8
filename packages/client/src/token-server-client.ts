/// <reference lib="esnext.disposable" preserve="true" />
import {
  ConfigError,
  systemClock,
  TokenManager,
  type Clock,
  type IAccessTokenCache,
  type Logger,
  type Provider,
  type Secret,
  type TokenSource,
} from '@lingpai/core'
import { tokenServerProvider, type PlatformProvider, type TokenServerCredentials } from './token-server-provider.js'
import { TokenServerSource } from './token-server-source.js'
import { fallbackFetch } from './fallback-fetch.js'
import { harmlessLogger } from './harmless-logger.js'
import { serverAddress, type ServerAddress } from './server-address.js'
import type { AccountUpdate } from './account-update.js'
import { watchServer } from './server-watch.js'

/** Options of a {@link TokenServerClient}. */
export interface TokenServerClientOptions {
  /** Address of the server, such as `https://tokens.internal:4180`, with a path prefix if a proxy serves it below one. */
  readonly url: string
  /** A client key, or a function that fetches it. The function is called again when the server rejects the key. */
  readonly key: Secret
  /** For requests to the server and to APIs; the event stream has its own connection. @default globalThis.fetch, looked up at each call */
  readonly fetch?: typeof globalThis.fetch
  /** @default the clock of this machine */
  readonly clock?: Clock
  /** Numbers from 0 to 1, for jitter. @default Math.random */
  readonly random?: () => number
  /** @default silent */
  readonly logger?: Logger
  /** Timeout of one request for a token, retries included, in milliseconds. Allow for the server's own request to the platform. @default 15_000 */
  readonly timeoutMs?: number
  /** Language of hints. @default 'en' */
  readonly language?: 'en' | 'zh'
  /**
   * Gives a source to use when the server is unreachable and no usable token is left, from a `TokenManager` of your own. It requests
   * tokens from the platform directly, which may invalidate the tokens of other processes. @default no fallback
   */
  readonly fallback?: (account: string) => TokenSource | undefined
}

/** Options of one source. */
export interface TokenServerSourceOptions {
  /** The platform of the account. Without it, `fetch`, `withToken` and `authorizationHeader` throw a ConfigError. */
  readonly provider?: PlatformProvider
}

/**
 * A client of a token server. It hands out the same sources as a `TokenManager`, but the server requests the tokens.
 *
 * @example
 * ```ts
 * import { TokenServerClient } from '@lingpai/client'
 * import { wechatMp } from '@lingpai/provider-wechat-mp'
 *
 * const client = new TokenServerClient({ url: 'https://tokens.internal:4180', key: process.env['LINGPAI_KEY'] ?? '' })
 * const shop = client.source('shop', { provider: wechatMp })
 * const token = await shop.getAccessToken()
 * ```
 */
export class TokenServerClient {
  readonly #options: TokenServerClientOptions & { readonly clock: Clock; readonly fetch: typeof globalThis.fetch }
  readonly #address: ServerAddress
  readonly #manager: TokenManager
  readonly #sources = new Map<TokenSource, TokenServerSource>()
  readonly #byAccount = new Map<string, TokenServerSource[]>()
  readonly #providers = new Map<object | undefined, Provider<TokenServerCredentials>>()
  readonly #closing = new AbortController()
  #watching: Promise<void> | undefined

  /** Validates the options; sends no request. @throws ConfigError naming the option */
  constructor(options: TokenServerClientOptions) {
    const {
      clock = systemClock,
      fetch = (...args: Parameters<typeof globalThis.fetch>) => globalThis.fetch(...args),
      random,
      logger,
      timeoutMs = 15_000,
      language,
      fallback,
    } = options
    assertKey(options.key)
    this.#address = serverAddress(options.url)
    this.#options = { ...options, clock, fetch, ...(logger && { logger: harmlessLogger(logger) }) }
    this.#manager = new TokenManager({
      cache: memory(),
      clock,
      timeoutMs,
      fetch: fallback === undefined ? fetch : this.#withFallback(fallback, timeoutMs),
      ...(random && { random }),
      ...(logger && { logger }),
      ...(language && { language }),
    })
  }

  /**
   * Gives the source of an account, by the account's name on the server. The first source opens the event stream. The same account
   * and provider always give the same source.
   *
   * @example
   * ```ts
   * import type { TokenServerClient } from '@lingpai/client'
   * import { qqBot } from '@lingpai/provider-qq-bot'
   *
   * declare const client: TokenServerClient
   * const bot = client.source('bot', { provider: qqBot })
   * const response = await bot.fetch('/users/@me')
   * ```
   */
  source(account: string, { provider }: TokenServerSourceOptions = {}): TokenSource {
    const inner = this.#manager.source(this.#providerFor(provider), { account, key: this.#options.key })
    const known = this.#sources.get(inner)
    if (known !== undefined) return known
    const source = new TokenServerSource(inner, {
      platform: provider,
      clock: this.#options.clock,
      closing: this.#closing.signal,
    })
    this.#sources.set(inner, source)
    this.#byAccount.set(account, [...(this.#byAccount.get(account) ?? []), source])
    this.#watching ??= this.#watch()
    return source
  }

  /** Lists all sources in the order of their creation. */
  sources(): readonly TokenSource[] {
    return [...this.#sources.values()]
  }

  /** Closes the event stream and all sources. Pending and later calls reject with a ClosedError. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all([this.#manager.close(), this.#watching])
  }

  /** Calls `close()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Reuses one provider object for each platform, because the manager identifies a source by it. */
  #providerFor(platform: PlatformProvider | undefined): Provider<TokenServerCredentials> {
    const known = this.#providers.get(platform?.spec)
    if (known !== undefined) return known
    const provider = tokenServerProvider(this.#address, platform)
    this.#providers.set(platform?.spec, provider)
    return provider
  }

  #watch(): Promise<void> {
    const { key, fetch, clock, random = Math.random, logger } = this.#options
    return watchServer({
      address: this.#address,
      key: async () => (typeof key === 'function' ? key() : key),
      fetch,
      clock,
      random,
      logger,
      onUpdate: (update) => {
        this.#catchUp(update)
      },
      signal: this.#closing.signal,
    })
  }

  #catchUp({ account, generation }: AccountUpdate): void {
    if (generation === undefined || this.#closing.signal.aborted) return
    for (const source of this.#byAccount.get(account) ?? []) source.catchUp(generation)
  }

  #withFallback(
    fallback: NonNullable<TokenServerClientOptions['fallback']>,
    timeoutMs: number,
  ): typeof globalThis.fetch {
    const { fetch, clock, logger } = this.#options
    const accounts = this.#address.at('/v1/accounts/')
    return fallbackFetch({
      fetch,
      clock,
      timeoutMs: timeoutMs / 2,
      accountOf: (url) => (url.startsWith(accounts) ? accountIn(url.slice(accounts.length)) : undefined),
      isServed: (account) => this.#byAccount.get(account)?.some((source) => source.peek() !== undefined) ?? false,
      fallback,
      onUse: (account) => {
        logger?.warn('lingpai: the token server is unreachable; using the fallback', { account })
      },
    })
  }
}

/** Gives the account name in `shop/token?min_life=5`. */
function accountIn(path: string): string {
  return decodeURIComponent(path.replace(/\/.*$/, ''))
}

/** The cache of the core. Tokens of a server stay in this process, so a map is enough. */
function memory(): IAccessTokenCache {
  const entries = new Map<string, string>()
  return {
    get: (key) => entries.get(key),
    set: (key, value) => void entries.set(key, value),
    remove: (key) => void entries.delete(key),
  }
}

function assertKey(key: unknown): void {
  if (typeof key === 'function' || (typeof key === 'string' && key.trim() !== '')) return
  throw new ConfigError(
    'TokenServerClient: "key" must be a non-empty string or a function',
    { field: 'key', problem: key === '' ? 'empty' : 'missing' },
    { hint: 'Use the client key that `lingpai key create` printed.' },
  )
}
