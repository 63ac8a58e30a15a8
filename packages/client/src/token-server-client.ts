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
import { centralProvider, type CentralCredentials, type PlatformProvider } from './central-provider.js'
import { CentralSource } from './central-source.js'
import { fallbackFetch } from './fallback-fetch.js'
import { harmlessLogger } from './harmless-logger.js'
import { serverAddress, type ServerAddress } from './server-address.js'
import type { ServerNews } from './server-news.js'
import { watchServer } from './server-watch.js'

/** Options of a {@link TokenServerClient}. */
export interface TokenServerClientOptions {
  /** Where the server is: `https://tokens.internal:4180`, with a path prefix where a proxy puts it below one. */
  readonly url: string
  /** A client key, or a function that fetches it and is asked again when the server does not know the key. */
  readonly key: Secret
  /** For requests to the server and to APIs; the event stream has a connection of its own. @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch
  /** @default the clock of this machine */
  readonly clock?: Clock
  /** Numbers from 0 to 1, for jitter. @default Math.random */
  readonly random?: () => number
  /** @default silent */
  readonly logger?: Logger
  /** Bound of one whole request for a token, tries included, in milliseconds; the server itself may have to ask the platform. @default 15_000 */
  readonly timeoutMs?: number
  /** Language of hints. @default 'en' */
  readonly language?: 'en' | 'zh'
  /**
   * Where a token is to come from when the server cannot be reached and the last one is used up: the source of a manager of one's own.
   * It goes to the platform, beside the server, and may cost the tokens of others there. @default nowhere
   */
  readonly fallback?: (account: string) => TokenSource | undefined
}

/** Options of one source. */
export interface CentralSourceOptions {
  /** The platform of the account; without it, `fetch`, `withToken` and `authorizationHeader` do not know what to do. */
  readonly provider?: PlatformProvider
}

/** The central token server as seen from a program: it hands out the sources that a `TokenManager` would, minted elsewhere. */
export class TokenServerClient {
  readonly #options: TokenServerClientOptions & { readonly clock: Clock; readonly fetch: typeof globalThis.fetch }
  readonly #address: ServerAddress
  readonly #manager: TokenManager
  readonly #sources = new Map<TokenSource, CentralSource>()
  readonly #byAccount = new Map<string, CentralSource[]>()
  readonly #providers = new Map<object | undefined, Provider<CentralCredentials>>()
  readonly #closing = new AbortController()
  #watching: Promise<void> | undefined

  /** Sends nothing yet. @throws ConfigError naming the option */
  constructor(options: TokenServerClientOptions) {
    const {
      clock = systemClock,
      fetch = globalThis.fetch,
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
   * The source of an account, by its name on the server. The first one opens the event stream. The same account and provider
   * give the same source.
   */
  source(account: string, { provider }: CentralSourceOptions = {}): TokenSource {
    const inner = this.#manager.source(this.#providerFor(provider), { account, key: this.#options.key })
    const known = this.#sources.get(inner)
    if (known !== undefined) return known
    const source = new CentralSource(inner, {
      platform: provider,
      clock: this.#options.clock,
      closing: this.#closing.signal,
    })
    this.#sources.set(inner, source)
    this.#byAccount.set(account, [...(this.#byAccount.get(account) ?? []), source])
    this.#watching ??= this.#watch()
    return source
  }

  /** All sources, in the order they were asked for. */
  sources(): readonly TokenSource[] {
    return [...this.#sources.values()]
  }

  /** Ends the event stream and all sources: what waits on them and later calls get a ClosedError. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all([this.#manager.close(), this.#watching])
  }

  /** The same as `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** One description for each platform: the manager knows a source again by it. */
  #providerFor(platform: PlatformProvider | undefined): Provider<CentralCredentials> {
    const known = this.#providers.get(platform?.spec)
    if (known !== undefined) return known
    const provider = centralProvider(this.#address, platform)
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
      onNews: (news) => {
        this.#hear(news)
      },
      signal: this.#closing.signal,
    })
  }

  #hear({ account, generation }: ServerNews): void {
    if (generation === undefined || this.#closing.signal.aborted) return
    for (const source of this.#byAccount.get(account) ?? []) source.turnOverTo(generation)
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
        logger?.warn('lingpai: the token server cannot be reached; a token comes from the fallback', { account })
      },
    })
  }
}

/** The account of `shop/token?min_life=5`. */
function accountIn(path: string): string {
  return decodeURIComponent(path.replace(/\/.*$/, ''))
}

/** The core keeps its records in a cache; what the server hands out stays in this process. */
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
    'token server: key is missing',
    { field: 'key', problem: key === '' ? 'empty' : 'missing' },
    { hint: 'Give the client key that `lingpai key create` printed.' },
  )
}
