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
import type { CredentialsOf, Provider, ResolvedCredentials, ResolvedSpec, Secret } from '../provider.js'
import { registry } from './process-registry.js'
import { resolveSecrets } from './resolve-secrets.js'
import type { TokenSource } from '../token-source.js'
import { warnOfCache } from './warn-of-cache.js'

/** Options of a {@link TokenManager}. */
export interface TokenManagerOptions {
  /** Where records are kept and shared. */
  readonly cache: IAccessTokenCache
  /** @default globalThis.fetch, looked up at each call */
  readonly fetch?: typeof globalThis.fetch
  /** @default the clock of this machine */
  readonly clock?: Clock
  /** Numbers from 0 to 1, for jitter. @default Math.random */
  readonly random?: () => number
  /** @default silent, but for one warning of the process when the cache fails for good */
  readonly logger?: Logger
  /** Bound of one whole refresh, retries included, in milliseconds. @default 10_000 */
  readonly timeoutMs?: number
  /** Bound of one cache operation, in milliseconds. @default 1000 */
  readonly cacheTimeoutMs?: number
  /** Listeners that are there from the start. */
  readonly hooks?: LingpaiHooks
  /** Language of hints. @default 'en' */
  readonly language?: 'en' | 'zh'
}

/** Options of one source. */
export interface SourceOptions {
  /** Reads the shared cache and never goes upstream: for the development machine beside production. @default false */
  readonly readonly?: boolean
}

/** What tells providers apart: all of a description, and of its parent's. */
interface DescribedSpec {
  readonly parent?: { readonly spec: DescribedSpec }
}

/** One account of a manager. */
interface Entry {
  readonly source: TokenSource
  readonly closing: AbortController
}

/** Hands out sources of tokens over one cache. */
export class TokenManager {
  readonly #options: Required<Omit<TokenManagerOptions, 'logger' | 'hooks'>>
  readonly #hub = new EventHub()
  readonly #outage = new CacheOutage()
  readonly #entries = new Map<string, Entry>()
  readonly #running = new Set<Promise<unknown>>()
  readonly #changes: ChangeFeed
  readonly #functionNumbers = new WeakMap<object, number>()
  readonly #descriptions = new WeakMap<object, string>()
  readonly #jitter: number
  #functionCount = 0
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
   * The source of an account. The same account gives the same source; other secrets of it are another account.
   *
   * Credentials are checked at the first use, or by `source.validate()`.
   */
  source<C>(provider: Provider<C>, credentials: CredentialsOf<C>, options: SourceOptions = {}): TokenSource {
    this.#assertOpen()
    const { spec } = provider
    const { account, secrets } = splitCredentials(spec, credentials)
    const identity = this.#identity(spec, account, secrets, options)
    const known = this.#entries.get(identity)
    if (known !== undefined) return known.source
    const closing = new AbortController()
    const given: Readonly<Record<string, unknown>> = { ...credentials }
    let context: AccountContext<C> | undefined
    const contextWith = (resolved: Readonly<Record<string, string>>): AccountContext<C> => {
      // A vault that is asked again mostly gives the same secret.
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

  /** All sources, in the order they were asked for. */
  sources(): readonly TokenSource[] {
    return [...this.#entries.values()].map(({ source }) => source)
  }

  /** Ends a source: its timers stop, what waits on it and later calls get a ClosedError. The record stays in the cache. */
  remove(source: TokenSource): void {
    for (const [identity, entry] of this.#entries) {
      if (entry.source !== source) continue
      this.#entries.delete(identity)
      entry.closing.abort(new ClosedError(`${accountName(source.account)}: this source was removed from its manager`))
    }
  }

  /** Listens to an event. A listener that throws harms nobody. @returns Ends the listening. */
  on<Name extends LingpaiEventName>(name: Name, listener: (event: LingpaiEvents[Name]) => unknown): () => void {
    return this.#hub.on(name, listener)
  }

  /** Ends all sources, aborts their refreshes and waits until the leases are given back. The cache stays open: it is the caller's. */
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

  /** The same as `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** What makes two accounts one: the description, the account and the secrets. */
  #identity<C>(
    spec: ResolvedSpec<C>,
    account: Account,
    secrets: Readonly<Record<string, Secret>>,
    { readonly = false }: SourceOptions,
  ): string {
    const marks = Object.values(secrets).map((secret) =>
      typeof secret === 'string' ? fingerprintOf(account, { secret }) : this.#numberOf(secret),
    )
    return JSON.stringify([this.#description(spec), account, marks, readonly])
  }

  /** A description as text, so that two equal `extend` calls are one provider. */
  #description(spec: DescribedSpec): string {
    const known = this.#descriptions.get(spec)
    if (known !== undefined) return known
    const text = JSON.stringify(spec, (_, value: unknown) => {
      if (spec.parent !== undefined && value === spec.parent) return this.#description(spec.parent.spec)
      if (typeof value === 'function') return this.#numberOf(value)
      return Object.prototype.toString.call(value) === '[object RegExp]' ? String(value) : value
    })
    this.#descriptions.set(spec, text)
    return text
  }

  /** Two functions are two things; what they return is not known before they are asked. */
  #numberOf(fn: object): string {
    const number = this.#functionNumbers.get(fn) ?? (this.#functionCount += 1)
    this.#functionNumbers.set(fn, number)
    return `function ${number}`
  }

  /** The source of the token that another is derived from: it lives and ends with that one. */
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

  /** A vault that does not answer must not hold every later call. */
  async #inTime<T, C>({ id }: ResolvedSpec<C>, secrets: Promise<T>): Promise<T> {
    const { clock, timeoutMs } = this.#options
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        const text = `${id}: the function that fetches the secret did not answer within ${timeoutMs} ms`
        reject(new UnavailableError(text, { provider: id, problem: 'secret' }))
      }
      const timer = clock.setTimer(giveUp, timeoutMs, { holdsProcess: true })
      secrets.then(resolve, reject).finally(() => {
        timer.cancel()
      })
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
      throw new ConfigError(`TokenManager: ${field} must be above 0 milliseconds`, { field, problem: 'malformed' })
    }
  }
}
