/// <reference lib="esnext.disposable" preserve="true" />
import { accountName, assertCredentials, cacheKey, fingerprintOf, splitCredentials, type Account } from '../account.js'
import type { AccountContext, AccountEventName, EventFacts } from '../state/account-context.js'
import { AccountSource } from '../source/account-source.js'
import { assertCache } from '../cache/assert-cache.js'
import type { IAccessTokenCache } from '../cache.js'
import { cacheGate } from '../cache/bounded-cache.js'
import { CacheOutage } from './cache-outage.js'
import { heldTokens } from '../state/account-state.js'
import { ChangeFeed } from '../cache/change-feed.js'
import type { Clock } from '../clock.js'
import { ClosedError, ConfigError, UnavailableError } from '../errors.js'
import { EventHub, type LingpaiEventName, type LingpaiEvents, type LingpaiHooks } from '../events.js'
import { logEvents, type Logger } from '../logger.js'
import type { CredentialsOf, Provider, ResolvedCredentials, ResolvedSpec } from '../provider.js'
import { registry } from './process-registry.js'
import { resolveSecrets } from './resolve-secrets.js'
import { SourceIdentities } from './source-identities.js'
import type { TokenSource } from '../token-source.js'
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

/** An account of a manager. */
interface Entry {
  readonly source: TokenSource
  readonly closing: AbortController
}

/** Creates token sources that share one cache. */
export class TokenManager {
  readonly #options: Required<Omit<TokenManagerOptions, 'logger' | 'hooks'>>
  readonly #hub = new EventHub()
  readonly #outage = new CacheOutage()
  readonly #entries = new Map<string, Entry>()
  readonly #running = new Set<Promise<unknown>>()
  readonly #changes: ChangeFeed
  readonly #identities = new SourceIdentities()
  readonly #jitter: number
  #isClosed = false

  /** @throws ConfigError naming the option */
  constructor(options: TokenManagerOptions) {
    assertOptions(options)
    const { cache, clock = registry.clock, random = Math.random, timeoutMs = 10_000, cacheTimeoutMs = 1000 } = options
    const fetch = options.fetch ?? ((...args: Parameters<typeof globalThis.fetch>) => globalThis.fetch(...args))
    this.#options = { cache, fetch, clock, random, timeoutMs, cacheTimeoutMs, language: options.language ?? 'en' }
    this.#jitter = random()
    this.#changes = new ChangeFeed(cache)
    for (const [name, hook] of Object.entries(options.hooks ?? {}))
      this.#hub.on(name as LingpaiEventName, hook as () => void)
    if (options.logger === undefined) warnOfCache(this.#hub)
    else logEvents(this.#hub, options.logger)
  }

  /**
   * Returns the source of an account. The same account returns the same source; with other secrets it is another
   * account.
   *
   * Credentials are validated on first use, or by `source.validate()`.
   */
  source<C>(provider: Provider<C>, credentials: CredentialsOf<C>, options: SourceOptions = {}): TokenSource {
    this.#assertOpen()
    const { spec } = provider
    const { account, secrets } = splitCredentials(spec, credentials)
    const identity = this.#identities.of(spec, account, secrets, options)
    const known = this.#entries.get(identity)
    if (known !== undefined) return known.source
    const closing = new AbortController()
    const given: Readonly<Record<string, unknown>> = { ...credentials }
    let context: AccountContext<C> | undefined
    const contextWith = (resolved: Readonly<Record<string, string>>): AccountContext<C> => {
      // A vault usually returns the same secret again.
      const isSame = context?.fingerprint === fingerprintOf(account, resolved)
      context = isSame && context ? context : this.#context(spec, account, resolved, closing.signal, options)
      return context
    }
    const isPlain = Object.values(secrets).every((secret) => typeof secret === 'string')
    const source = new AccountSource<C>({
      spec,
      account,
      context: isPlain ? contextWith(secrets as Record<string, string>) : undefined,
      askForContext: async () => contextWith(await this.#inTime(spec, resolveSecrets(spec, secrets))),
      validate: () => {
        assertCredentials(spec, given, this.#options.language)
      },
      clock: this.#options.clock,
      fetch: this.#options.fetch,
      language: this.#options.language,
      closing: closing.signal,
      hasSecretFunctions: !isPlain,
    })
    this.#entries.set(identity, { source, closing })
    return source
  }

  /** All sources, in the order of their creation. */
  sources(): readonly TokenSource[] {
    return [...this.#entries.values()].map(({ source }) => source)
  }

  /**
   * Closes a source. Its timers stop, and pending and later calls fail with a ClosedError. The record stays in the
   * cache.
   */
  remove(source: TokenSource): void {
    for (const [identity, entry] of this.#entries) {
      if (entry.source !== source) continue
      this.#entries.delete(identity)
      entry.closing.abort(new ClosedError(`${accountName(source.account)}: this source was removed from its manager`))
    }
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
      for (const { source, closing } of this.#entries.values()) {
        closing.abort(new ClosedError(`${accountName(source.account)}: the token manager was closed`))
      }
      this.#entries.clear()
      this.#changes.close()
      this.#hub.emit('closed', { atMs: this.#options.clock.now() })
    }
    await Promise.allSettled([...this.#running])
  }

  /** Same as `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** The source of a parent token. It exists and closes with the source of the derived token. */
  #parentSource<C>(
    { spec }: Provider<C>,
    credentials: ResolvedCredentials<C>,
    closing: AbortSignal,
    options: SourceOptions,
  ): TokenSource {
    const { account, secrets } = splitCredentials<C>(spec, credentials)
    const context = this.#context(spec, account, secrets as Record<string, string>, closing, options)
    return new AccountSource<C>({
      spec,
      account,
      context,
      askForContext: () => Promise.resolve(context),
      validate: () => undefined,
      clock: this.#options.clock,
      fetch: this.#options.fetch,
      language: this.#options.language,
      closing,
      hasSecretFunctions: false,
    })
  }

  #context<C>(
    spec: ResolvedSpec<C>,
    account: Account,
    secrets: Readonly<Record<string, string>>,
    closing: AbortSignal,
    options: SourceOptions,
  ): AccountContext<C> {
    const { cache, fetch, clock, random, timeoutMs, cacheTimeoutMs, language } = this.#options
    const fingerprint = fingerprintOf(account, secrets)
    const key = cacheKey(account, fingerprint)
    const state = registry.state(cache, clock, key)
    const credentials = { ...account.ids, ...secrets } as ResolvedCredentials<C>
    const parent = spec.parent && this.#parentSource(spec.parent, credentials, closing, options)
    const emit = <Name extends AccountEventName>(name: Name, facts: EventFacts<Name>): void => {
      this.#hub.emit(name, { account, atMs: clock.now(), ...facts } as unknown as LingpaiEvents[Name])
    }
    return {
      spec,
      account,
      credentials,
      key,
      fingerprint,
      state,
      gate: cacheGate(cache, {
        clock,
        timeoutMs: cacheTimeoutMs,
        onFailure: (error) => {
          emit('cache-failed', { error, repeated: this.#outage.failed(error) })
        },
        onSuccess: (operation) => {
          const failures = this.#outage.worked(operation)
          if (failures !== undefined) this.#hub.emit('cache-recovered', { atMs: clock.now(), failures })
        },
        tokens: () => heldTokens(state),
      }),
      clock,
      upstream: { fetch, clock, random, language },
      ...(parent && { parent }),
      timeoutMs,
      isReadonly: options.readonly ?? false,
      jitter: this.#jitter,
      get writer() {
        return registry.writer
      },
      running: this.#running,
      closing,
      emit,
      onChange: (listener) => this.#changes.on(key, listener),
    }
  }

  /** Limits the time of the functions that fetch secrets, so that a hanging vault does not block every later call. */
  async #inTime<T, C>({ id }: ResolvedSpec<C>, secrets: Promise<T>): Promise<T> {
    const { clock, timeoutMs } = this.#options
    return withDeadline(clock, timeoutMs, secrets, () => {
      const text = `${id}: the function that fetches the secret did not return within ${timeoutMs} ms`
      return new UnavailableError(text, { provider: id, problem: 'secret' })
    })
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ClosedError('the token manager was closed')
  }
}

function assertOptions({ cache, timeoutMs = 1, cacheTimeoutMs = 1 }: TokenManagerOptions): void {
  assertCache(cache)
  for (const [field, value] of Object.entries({ timeoutMs, cacheTimeoutMs })) {
    if (!(Number.isFinite(value) && value > 0)) {
      throw new ConfigError(`TokenManager: "${field}" must be a positive number of milliseconds`, {
        field,
        problem: 'malformed',
      })
    }
  }
}
