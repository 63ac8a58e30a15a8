import {
  ConfigError,
  type Account,
  type ApiErrorTables,
  type Clock,
  type GetTokenOptions,
  type KeepOptions,
  type PlatformCode,
  type PlatformResponse,
  type RefreshOptions,
  type RejectedToken,
  type SourceStatus,
  type TokenRecord,
  type TokenSource,
} from '@lingpai/core'
import { pause } from './pause.js'
import { turnOver, type PlatformProvider } from './central-provider.js'

const inspect = Symbol.for('nodejs.util.inspect.custom')

/** What a source needs of its client. */
export interface CentralSourceParts {
  readonly platform: PlatformProvider | undefined
  readonly clock: Clock
  readonly closing: AbortSignal
}

/** Pauses before a token that the server told of, and did not give yet, is asked for again. */
const pausesMs: readonly number[] = [250, 2000, 10_000]

/** A {@link TokenSource} whose upstream is a token server: the core's own, turned over by what the server tells. */
export class CentralSource implements TokenSource {
  readonly account: Account
  readonly apiOrigins: readonly string[]
  readonly errorTables: ApiErrorTables
  readonly fetch: TokenSource['fetch'] = async (input, init) => {
    this.#assertPlatform('fetch')
    return this.#inner.fetch(input, init)
  }
  readonly #inner: TokenSource
  readonly #parts: CentralSourceParts
  /** The generation that the server told of last. */
  #told: number | undefined
  #isTurning = false
  #taking: Promise<void> | undefined

  constructor(inner: TokenSource, parts: CentralSourceParts) {
    this.account = inner.account
    this.apiOrigins = inner.apiOrigins
    // The inner tables are for the responses of the token server as well, whose message stands in another field.
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
    // Without the platform's table, whether a code is a token error is for whoever reports it to know.
    return this.#inner.reportRejected(rejected, this.#parts.platform === undefined ? undefined : code, options)
  }

  /** Asks the server for another token; the key needs the role `admin`. */
  async refresh(options?: RefreshOptions): Promise<TokenRecord> {
    // A turn-over that is under way is no refresh, and must not be taken for one.
    await this.#taking
    return this.#inner.refresh(options)
  }

  async adopt(): Promise<TokenRecord> {
    throw new ConfigError(
      `${this.toString()}: a source of a token server adopts no token`,
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
    const hint = "Send the call to the token server's facade, with the client key in the place of the secret."
    return Promise.reject(
      new ConfigError("requestWithSecret: the account's secret stays on the token server", problem, { hint }),
    )
  }

  startBackgroundRefresh(options?: KeepOptions): void {
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
   * Takes over the server's token, if it is another than the one in memory. Never rejects, and nobody waits for it: as long as
   * the old token is usable it is served.
   */
  turnOverTo(generation: number): void {
    this.#told = generation
    if (this.#isTurning) return
    this.#isTurning = true
    void this.#turnOver().finally(() => {
      this.#isTurning = false
    })
  }

  async #turnOver(): Promise<void> {
    const { clock, closing } = this.#parts
    for (let tries = 0; this.#isBehind() && !closing.aborted; tries += 1) {
      const told = this.#told
      // What fails is an event of the core.
      this.#taking = this.#takeOver().catch(() => undefined)
      await this.#taking
      // Behind a balancer, the server that was asked may not have heard yet of what another one told.
      const pauseMs = pausesMs[tries]
      if (told !== this.#told) tries = -1
      else if (pauseMs === undefined) return
      else if (this.#isBehind()) await pause(clock, pauseMs, closing)
    }
  }

  async #takeOver(): Promise<void> {
    // What a request under way brings is most likely the very token that the server tells of.
    if (this.peek() === undefined && this.status().state === 'refreshing') await this.getRecord().catch(() => undefined)
    if (!this.#isBehind()) return
    if (this.peek() !== undefined) await this.#inner.refresh({ note: turnOver })
    // A failure that the server has got over must not hold here until its cool-down ends.
    else await this.#inner.clear()
  }

  /** Whether the server has told of another token than the one here. Nothing is here before anybody has asked. */
  #isBehind(): boolean {
    const { generation, lastFailure } = this.status()
    return generation !== this.#told && (generation !== undefined || lastFailure !== undefined)
  }

  #assertPlatform(member: string): void {
    if (this.#parts.platform !== undefined) return
    throw new ConfigError(
      `${this.toString()}: ${member} needs to know the platform`,
      { field: 'provider', problem: 'missing' },
      { hint: 'Name it: client.source(account, { provider: wechatMp }). getAccessToken() works without.' },
    )
  }
}
