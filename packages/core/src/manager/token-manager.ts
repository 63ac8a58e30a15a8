/// <reference lib="esnext.disposable" preserve="true" />
import { accountName, areTexts, cacheKey, fingerprintOf, splitCredentials, type Account } from '../account.js'
import { AccountContext, type AccountFacts, type ManagerParts, type ParentSource } from '../state/account-context.js'
import { AccountSource } from '../source/account-source.js'
import type { KnownSecrets, SourceName, SourceParts } from '../source/source-parts.js'
import { assertCache } from '../cache/assert-cache.js'
import type { IAccessTokenCache } from '../cache.js'
import { BoundedStore } from '../cache/bounded-cache.js'
import { CacheOutage } from './cache-outage.js'
import { ChangeFeed } from '../cache/change-feed.js'
import type { Clock } from '../clock.js'
import { ClosedError, ConfigError } from '../errors.js'
import { EventHub, type LingpaiEventName, type LingpaiEvents, type LingpaiHooks } from '../events.js'
import { logEvents, type Logger } from '../logger.js'
import type { CredentialsOf, ParentProvider, Provider, Secret } from '../provider.js'
import { registry } from './process-registry.js'
import { resolveSecrets } from './resolve-secrets.js'
import { lateSecret } from '../upstream/fetch-secret.js'
import { SourceIdentities } from './source-identities.js'
import { SourceVariants } from './source-variants.js'
import type { TokenSource } from '../token-source.js'
import { RefreshQueues } from '../state/refresh-queue.js'
import { withDeadline } from '../time/with-deadline.js'
import { warnOfCache } from './warn-of-cache.js'

/** Options of a {@link TokenManager}. */
export interface TokenManagerOptions {
  /** The store of the records; processes that share it share tokens. */
  readonly cache: IAccessTokenCache
  /** @default globalThis.fetch, looked up at each call */
  readonly fetch?: typeof globalThis.fetch
  /** @default the clock of this machine */
  readonly clock?: Clock
  /** Numbers from 0 to 1, for jitter. @default Math.random */
  readonly random?: () => number
  /** @default silent, except for one process warning when the cache fails and waiting cannot solve it */
  readonly logger?: Logger
  /** Limit of a whole refresh in milliseconds, retries included. @default 10_000 */
  readonly timeoutMs?: number
  /**
   * Number of refreshes of one provider's accounts that may be under way at once; others wait for their turn, those that a caller waits
   * for first. A caller waits at most `timeoutMs` for a turn. Has no effect in Cloudflare Workers, where a refresh can end unnoticed with
   * its request. @default 64
   */
  readonly maxConcurrentRefreshes?: number
  /** Limit of a cache operation in milliseconds. @default 1000 */
  readonly cacheTimeoutMs?: number
  /** Listeners that are registered from the start. */
  readonly hooks?: LingpaiHooks
  /** Language of hints. @default 'en' */
  readonly language?: 'en' | 'zh'
}

/** Options of one source. */
export interface SourceOptions {
  /**
   * Only reads the shared cache and never asks upstream, for a development machine beside production. @default false
   */
  readonly readonly?: boolean
}

/**
 * Creates token sources that share one cache.
 *
 * @example
 * ```ts
 * import { memoryCache } from '@lingpai/cache-memory'
 * import { TokenManager } from '@lingpai/core'
 * import { qqBot } from '@lingpai/provider-qq-bot'
 *
 * const tokens = new TokenManager({ cache: memoryCache(), logger: console })
 * const bot = tokens.source(qqBot, qqBot.credentialsFromEnv())
 * console.log((await bot.fetch('/users/@me')).status)
 * await tokens.close()
 * ```
 */
export class TokenManager {
  readonly #clock: Clock
  readonly #hub = new EventHub()
  readonly #outage = new CacheOutage()
  readonly #sources = new Map<string, AccountSource<never>>()
  readonly #identities = new SourceIdentities()
  readonly #parts: ManagerParts
  readonly #variants: SourceVariants
  #isClosed = false

  /** @throws ConfigError naming the option */
  constructor(options: TokenManagerOptions) {
    assertOptions(options)
    const { cache, clock = registry.clock, random = Math.random, timeoutMs = 10_000, cacheTimeoutMs = 1000 } = options
    const fetch = options.fetch ?? ((...args: Parameters<typeof globalThis.fetch>) => globalThis.fetch(...args))
    const { language = 'en', maxConcurrentRefreshes = 64 } = options
    this.#clock = clock
    this.#parts = {
      clock,
      store: new BoundedStore(cache, clock, cacheTimeoutMs),
      upstream: { fetch, clock, random, language },
      timeoutMs,
      queues: new RefreshQueues(maxConcurrentRefreshes),
      changes: new ChangeFeed(cache),
      running: new Set(),
      jitter: random(),
      writer: () => registry.writer,
      release: (key) => {
        registry.release(cache, clock, key)
      },
      emit: (account, name, facts) => {
        this.#hub.emit(name, { account, atMs: clock.now(), ...facts } as unknown as LingpaiEvents[typeof name])
      },
      isKnownFailure: (error) => this.#outage.failed(error),
      onCacheSuccess: (operation) => {
        const failures = this.#outage.worked(operation)
        if (failures !== undefined) this.#hub.emit('cache-recovered', { atMs: clock.now(), failures })
      },
    }
    const sourceParts: SourceParts = {
      clock,
      fetch,
      language,
      contextOf: (facts, secrets, key) => this.#contextOf(facts, secrets, key),
      // A hanging vault must not block every later call.
      secretsOf: (spec, secrets) => {
        return withDeadline(clock, timeoutMs, resolveSecrets(spec, secrets), () => lateSecret(spec.id, timeoutMs))
      },
    }
    this.#variants = new SourceVariants(sourceParts, this.#identities)
    for (const [name, hook] of Object.entries(options.hooks ?? {}))
      this.#hub.on(name as LingpaiEventName, hook as () => void)
    if (options.logger === undefined) warnOfCache(this.#hub)
    else logEvents(this.#hub, options.logger)
  }

  /**
   * Returns the source of an account. The same account returns the same source; with other secrets it is another
   * account, and with other volatile credentials the same one, which uses the latest of each.
   *
   * Credentials are validated on first use, or by `source.validate()`.
   *
   * @throws ClosedError after `close()`
   */
  source<C>(provider: Provider<C>, credentials: CredentialsOf<C>, options: SourceOptions = {}): TokenSource {
    if (this.#isClosed) throw new ClosedError('the token manager was closed')
    const { spec } = provider
    const split = splitCredentials(spec, credentials)
    const { account, secrets } = split
    const recordKey = areTexts(secrets) ? keyOf(account, secrets) : undefined
    const variant = this.#variants.of(spec, options.readonly ?? false, false)
    const key = recordKey ?? this.#identities.ofUnknownSecrets(account, secrets)
    // Nearly all accounts of a process have one variant, and need no name of their own.
    const names = [key, `${key} ${variant.name}`] as const
    for (const name of names) {
      const known = this.#sources.get(name)
      if (known?.variantName !== variant.name) continue
      known.takeVolatile(split.volatile)
      return known
    }
    const name = this.#sources.has(key) ? names[1] : key
    const given = Object(credentials) as Record<string, unknown>
    const source = new AccountSource<C>({ ...split, variant, name, key: recordKey, given })
    this.#sources.set(name, source as unknown as AccountSource<never>)
    return source
  }

  /** All sources, in the order of their creation. */
  sources(): readonly TokenSource[] {
    return [...this.#sources.values()]
  }

  /**
   * Closes a source. Its timers stop, and pending and later calls fail with a ClosedError. Memory keeps nothing of the account unless
   * another manager serves it; the record stays in the cache.
   */
  remove(source: TokenSource): void {
    const { name = '' } = Object(source) as Partial<SourceName>
    const own = this.#sources.get(name)
    if (own === undefined || (own as TokenSource) !== source) return
    this.#sources.delete(name)
    own.close(new ClosedError(`${accountName(source.account)}: this source was removed from its manager`))
  }

  /** Adds a listener for an event. Listener errors are ignored. @returns a function that removes it */
  on<Name extends LingpaiEventName>(name: Name, listener: (event: LingpaiEvents[Name]) => unknown): () => void {
    return this.#hub.on(name, listener)
  }

  /**
   * Closes all sources, aborts their refreshes and waits until their leases are released. The cache stays open: it
   * belongs to the caller.
   */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true
      for (const source of this.#sources.values()) {
        source.close(new ClosedError(`${accountName(source.account)}: the token manager was closed`))
      }
      this.#sources.clear()
      this.#parts.changes.close()
      this.#hub.emit('closed', { atMs: this.#clock.now() })
    }
    await Promise.allSettled([...this.#parts.running])
  }

  /** Same as `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #contextOf<C>(facts: AccountFacts<C>, secrets: KnownSecrets, knownKey?: string): AccountContext<C> {
    const { clock, store } = this.#parts
    const { spec, account } = facts
    const key = knownKey ?? keyOf(account, secrets)
    const state = registry.state(store.cache, clock, key)
    const parent = spec.parent && this.#parentSource(spec.parent, facts, secrets)
    return new AccountContext<C>(this.#parts, { facts, secrets, key, state, parent })
  }

  /** The source of a parent token. It exists and closes with the source of the derived token. */
  #parentSource<C>({ spec }: ParentProvider<C>, child: AccountFacts<C>, secrets: KnownSecrets): ParentSource {
    const { account, isReadonly, closing } = child
    // The child may be given others later.
    const volatile = Object.keys(child.volatile).map((field): [string, Secret] => [
      field,
      () => {
        const { [field]: secret = '' } = child.volatile
        return typeof secret === 'function' ? secret() : secret
      },
    ])
    const credentials: Readonly<Record<string, Secret>> = {
      ...account.ids,
      ...secrets,
      ...Object.fromEntries(volatile),
    }
    const split = splitCredentials<C>(spec, credentials as unknown as CredentialsOf<C>)
    const variant = this.#variants.of(spec, isReadonly, true)
    return new AccountSource<C>({ ...split, variant, name: '', given: credentials, closing })
  }
}

function keyOf(account: Account, secrets: Readonly<Record<string, string>>): string {
  return cacheKey(account, fingerprintOf(account, secrets))
}

function assertOptions(options: TokenManagerOptions): void {
  const { cache, timeoutMs = 1, cacheTimeoutMs = 1, maxConcurrentRefreshes = 1 } = options
  assertCache(cache)
  if (!Number.isSafeInteger(maxConcurrentRefreshes) || maxConcurrentRefreshes < 1) {
    throw new ConfigError('TokenManager: "maxConcurrentRefreshes" must be a whole number from 1 on', {
      field: 'maxConcurrentRefreshes',
      problem: 'malformed',
    })
  }
  for (const [field, value] of Object.entries({ timeoutMs, cacheTimeoutMs })) {
    if (!(Number.isFinite(value) && value > 0)) {
      throw new ConfigError(`TokenManager: "${field}" must be a positive number of milliseconds`, {
        field,
        problem: 'malformed',
      })
    }
  }
}
