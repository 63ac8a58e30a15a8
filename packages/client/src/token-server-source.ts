import {
  ConfigError,
  type Account,
  type Clock,
  type GetTokenOptions,
  type BackgroundRefreshOptions,
  type PlatformCode,
  type PlatformResponse,
  type RefreshOptions,
  type RejectedToken,
  type SourceStatus,
  type TokenRecord,
  type TokenSource,
} from '@lingpai/core'
import { type ApiErrorTables, pauseUntilAborted } from '@lingpai/core/internal'
import { catchUpNote, type PlatformProvider } from './token-server-provider.js'

const inspect = Symbol.for('nodejs.util.inspect.custom')

/** What a source needs from its client. */
export interface TokenServerSourceParts {
  readonly platform: PlatformProvider | undefined
  readonly clock: Clock
  readonly closing: AbortSignal
}

/** Pauses before the server is asked again for a token that it announced but did not hand out yet. */
const pausesMs: readonly number[] = [250, 2000, 10_000]

/** A {@link TokenSource} whose upstream is a token server. It wraps the core's source and follows the updates of the server. */
export class TokenServerSource implements TokenSource {
  readonly account: Account
  readonly apiOrigins: readonly string[]
  readonly errorTables: ApiErrorTables
  readonly fetch: TokenSource['fetch'] = async (input, init) => {
    this.#assertPlatform('fetch')
    return this.#inner.fetch(input, init)
  }
  readonly #inner: TokenSource
  readonly #parts: TokenServerSourceParts
  /** The generation that the server announced last. */
  #announced: number | undefined
  #isCatchingUp = false
  #fetching: Promise<void> | undefined

  constructor(inner: TokenSource, parts: TokenServerSourceParts) {
    this.account = inner.account
    this.apiOrigins = inner.apiOrigins
    // The inner tables also describe responses of the token server, which carries its message in another field.
    this.errorTables = parts.platform?.spec ?? inner.errorTables
    this.#inner = inner
    this.#parts = parts
  }

  getAccessToken(options?: GetTokenOptions): Promise<string> {
    return this.#inner.getAccessToken(options)
  }

  getRecord(options?: GetTokenOptions): Promise<TokenRecord> {
    return this.#inner.getRecord(options)
  }

  peek(): string | undefined {
    return this.#inner.peek()
  }

  async authorizationHeader(options?: GetTokenOptions): Promise<string> {
    this.#assertPlatform('authorizationHeader')
    return this.#inner.authorizationHeader(options)
  }

  async reportRejected(rejected: RejectedToken, code?: PlatformCode, options?: GetTokenOptions): Promise<string> {
    // Without the platform's tables the client cannot judge the code: trust the caller that the token was rejected.
    return this.#inner.reportRejected(rejected, this.#parts.platform === undefined ? undefined : code, options)
  }

  /** Asks the server for another token; the key needs the role `admin`. */
  async refresh(options?: RefreshOptions): Promise<TokenRecord> {
    // Fetching the server's current token is not a refresh: wait, so that this call does not share its result.
    await this.#fetching
    return this.#inner.refresh(options)
  }

  async adopt(): Promise<TokenRecord> {
    throw new ConfigError(
      `${this.toString()}: adopt() must be called on the token server`,
      { field: 'adopt', problem: 'conflict' },
      { hint: 'Adopt it in the process of the token server, or in one that shares its cache.' },
    )
  }

  async withToken<T>(fn: (token: string) => T | Promise<T>, options?: GetTokenOptions): Promise<T> {
    this.#assertPlatform('withToken')
    return this.#inner.withToken(fn, options)
  }

  /** Always rejects: the account's secret is on the token server. */
  requestWithSecret(): Promise<PlatformResponse> {
    const problem = { field: 'provider', problem: 'conflict' } as const
    const hint = "Send the call to the token server's facade, with the client key instead of the secret."
    return Promise.reject(
      new ConfigError(
        `${this.toString()}: requestWithSecret() must be called on the token server, which has the secret`,
        problem,
        { hint },
      ),
    )
  }

  startBackgroundRefresh(options?: BackgroundRefreshOptions): void {
    this.#inner.startBackgroundRefresh(options)
  }

  stopBackgroundRefresh(): void {
    this.#inner.stopBackgroundRefresh()
  }

  status(): SourceStatus {
    return this.#inner.status()
  }

  validate(): void {
    this.#inner.validate()
  }

  clear(): Promise<void> {
    return this.#inner.clear()
  }

  toJSON(): Account {
    return this.account
  }

  toString(): string {
    return this.#inner.toString()
  }

  [inspect](): string {
    return `TokenSource<${this.toString()}>`
  }

  /**
   * Fetches the server's token if its generation differs from the one in memory. Never rejects. Callers do not wait for it: they
   * get the old token as long as it is usable.
   */
  catchUp(generation: number): void {
    this.#announced = generation
    if (this.#isCatchingUp) return
    this.#isCatchingUp = true
    void this.#catchUp().finally(() => {
      this.#isCatchingUp = false
    })
  }

  async #catchUp(): Promise<void> {
    const { clock, closing } = this.#parts
    for (let tries = 0; this.#isBehind() && !closing.aborted; tries += 1) {
      const announced = this.#announced
      // The core emits an event for each failure.
      this.#fetching = this.#fetchCurrent().catch(() => undefined)
      await this.#fetching
      // Behind a load balancer, the server that responds may not have seen yet what another one announced.
      const pauseMs = pausesMs[tries]
      if (announced !== this.#announced) tries = -1
      else if (pauseMs === undefined) return
      else if (this.#isBehind()) await pauseUntilAborted(clock, pauseMs, closing)
    }
  }

  async #fetchCurrent(): Promise<void> {
    // A running refresh probably brings the announced token.
    if (this.peek() === undefined && this.status().state === 'refreshing') await this.getRecord().catch(() => undefined)
    if (!this.#isBehind()) return
    if (this.peek() !== undefined) await this.#inner.refresh({ note: catchUpNote })
    // The server has recovered, so the cool-down of an earlier failure must not delay the next call.
    else await this.#inner.clear()
  }

  /** Whether the server announced another token than the one here. Before the first call there is nothing to catch up. */
  #isBehind(): boolean {
    const { generation, lastFailure } = this.status()
    return generation !== this.#announced && (generation !== undefined || lastFailure !== undefined)
  }

  #assertPlatform(member: string): void {
    if (this.#parts.platform !== undefined) return
    throw new ConfigError(
      `${this.toString()}: ${member}() needs the "provider" option`,
      { field: 'provider', problem: 'missing' },
      { hint: 'Pass the platform: client.source(account, { provider: wechatMp }). getAccessToken() works without it.' },
    )
  }
}
