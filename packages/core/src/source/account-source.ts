import { abortable } from '../time/abortable.js'
import { accountName, areCredentials, areTexts, assertCredentials, fingerprintOf, type Account } from '../account.js'
import { apiOriginsOf } from '../replay/api-origins.js'
import type { AccountContext, AccountFacts } from '../state/account-context.js'
import { lookAtCache } from '../record/read-record.js'
import { shownRecord } from '../record/record-age.js'
import { adoption } from '../refresh/adopt-token.js'
import { assertReachable, diesUnderway } from '../refresh/assert-reachable.js'
import { authorizedFetch } from '../replay/authorized-fetch.js'
import { headerPlacement, headerValue } from '../provider/build-request.js'
import {
  clearState,
  forgetSource,
  isRejected,
  noteRejectedValue,
  rejectRecord,
  type AccountState,
  type HotSource,
} from '../state/account-state.js'
import type { ApiErrorTables } from '../provider/classify.js'
import type { PlatformCode } from '../error-class.js'
import { type ClosedError, isLingpaiError } from '../errors.js'
import { failureKey } from '../failure/failure-record.js'
import { isBoundToRequests, joinRefresh, outcomeOf } from '../refresh/join-refresh.js'
import { AskedSecrets } from './asked-secrets.js'
import { BackgroundRefresh, type RenewedSource } from './background-refresh.js'
import { Closing, isClosedError } from '../time/closing.js'
import { neverAgreed, type AgreedSpan } from '../time/clock-watch.js'
import { followChanges } from './follow-changes.js'
import { freshnessOf } from '../state/freshness.js'
import { recordKey, type KeyedSource } from './record-key.js'
import type { SourceName, SourceParts } from './source-parts.js'
import { assertRejected, assertTokenError } from './assert-report.js'
import { isQueueFull } from '../refresh/queue-full.js'
import { lookOnce, serveBesideForced, serveFromMemory, serveStale } from '../refresh/serve-from-memory.js'
import type { PlatformResponse, SecretRequestBuilder } from '../platform-response.js'
import { secretRequest, type SecretResponse } from './secret-request.js'
import { statusOf } from './source-status.js'
import type {
  AdoptOptions,
  GetTokenOptions,
  BackgroundRefreshOptions,
  OutsideToken,
  RefreshOptions,
  RejectedToken,
  SecretRequestOptions,
  SourceStatus,
  TokenSource,
} from '../token-source.js'
import type { StoredRecord, TokenRecord } from '../token-record.js'
import { withToken } from '../replay/with-token.js'

const inspect = Symbol.for('nodejs.util.inspect.custom')

/** Number of refreshes that one caller waits for before its call fails. */
const mostRefreshes = 4

/** {@link TokenSource} over a state that all managers of the process share. */
export class AccountSource<C> implements TokenSource, KeyedSource, RenewedSource<C>, HotSource {
  // What a warm call reads comes first and is the source's own, so that a call of one account among many waits for memory once.
  #hotToken: Promise<string> | undefined
  #hotSpan: AgreedSpan = neverAgreed
  #hotForMs = 0
  readonly #parts: SourceParts
  readonly #facts: AccountFacts<C>
  /** Its name among the sources of its manager. */
  readonly name: string
  /** Tells sources of one account apart: by the provider's description and the options. */
  readonly variant: string
  readonly #closing: Closing
  /** The credentials as they were given, if they are not valid. */
  #invalid: Readonly<Record<string, unknown>> | undefined
  #state: AccountState | undefined
  /** What all callers of this moment wait for. It is over before it is settled, so that no caller is given what was rejected since. */
  #acquiring: Promise<string> | undefined
  #context: AccountContext<C> | undefined
  #background: BackgroundRefresh<C> | undefined
  #endChanges: (() => void) | undefined
  #fetch: TokenSource['fetch'] | undefined
  /** Only where a secret is a function. */
  #asked: AskedSecrets<C> | undefined

  /** @param given the credentials as they were given */
  constructor(
    parts: SourceParts,
    facts: AccountFacts<C>,
    { name, variant }: SourceName,
    given: Readonly<Record<string, unknown>>,
    closing = new Closing(),
  ) {
    this.#parts = parts
    this.#facts = facts
    this.name = name
    this.variant = variant
    this.#closing = closing
    this.#invalid = areCredentials(facts.spec, given) ? undefined : { ...given }
    if (areTexts(facts.secrets)) this.#use(parts.contextOf(facts, facts.secrets, closing, this))
  }

  /** Uses the volatile credentials from now on. One that is not given stays. */
  takeVolatile(given: AccountFacts<C>['volatile']): void {
    const named = Object.entries(given).filter(([, secret]) => secret !== '')
    if (named.length === 0) return
    const volatile = (this.#facts.volatile = { ...this.#facts.volatile, ...Object.fromEntries(named) })
    if (this.#invalid && areCredentials(this.#facts.spec, { ...this.#invalid, ...volatile })) this.#invalid = undefined
  }

  get account(): Account {
    return this.#facts.account
  }

  get apiOrigins(): readonly string[] {
    return apiOriginsOf(this.#facts.spec, this.#facts.account)
  }

  get errorTables(): ApiErrorTables {
    return this.#facts.spec
  }

  // A function of its own, because HTTP clients call it bare: `ky.create({ fetch: source.fetch })`.
  get fetch(): TokenSource['fetch'] {
    this.#fetch ??= (input, init) => authorizedFetch(this, this.#facts.spec, this.#parts, input, init)
    return this.#fetch
  }

  /** The context, if the secrets are known. */
  get context(): AccountContext<C> | undefined {
    return this.#context
  }

  // The hot path: one stored promise and one read of the clock. Not async, because each call would then allocate a promise.
  getAccessToken(options?: GetTokenOptions): Promise<string> {
    const hot = options === undefined ? this.#hot() : undefined
    if (hot !== undefined) return hot
    // Callers that have to wait share one wait, except where I/O ends with the request that started it.
    const mayShare = options === undefined && !isBoundToRequests() && this.peek() === undefined
    if (mayShare) return (this.#acquiring ??= this.#acquireForAll())
    return this.#acquire(options).then(({ value }) => value)
  }

  /** The promise of a token that needs no check now. */
  #hot(): Promise<string> | undefined {
    if (this.#hotToken === undefined) return undefined
    const span = this.#hotSpan
    const nowMs = this.#parts.clock.now()
    const isHot = nowMs >= span.fromMs && nowMs < span.toMs && nowMs < span.beganMs + this.#hotForMs
    return isHot ? this.#hotToken : undefined
  }

  warm(state: AccountState, token: Promise<string>, span: AgreedSpan, forMs: number): boolean {
    // A call that began before the source was closed, or before its secret changed, may still be under way. Credentials that are not
    // valid fail at every call.
    if (state !== this.#state || this.#invalid !== undefined) return false
    this.#hotToken = token
    this.#hotSpan = span
    this.#hotForMs = forMs
    return true
  }

  cool(): void {
    this.#hotToken = undefined
  }

  async #acquireForAll(): Promise<string> {
    try {
      return (await this.#acquire()).value
    } finally {
      this.#acquiring = undefined
    }
  }

  async getRecord(options?: GetTokenOptions): Promise<TokenRecord> {
    const record = await this.#acquire(options)
    return this.#context === undefined ? record : shownRecord(this.#context, record)
  }

  async [recordKey](): Promise<string> {
    // Works for a closed source, too.
    return (this.#context ?? (await this.#resolve())).key
  }

  peek(): string | undefined {
    const context = this.#context
    if (context === undefined || this.#closing.reason !== undefined) return undefined
    if (this.#hot() !== undefined) return context.state.record?.value
    const freshness = freshnessOf(context, 0)
    return freshness === 'unusable' || freshness === 'must-revalidate' ? undefined : context.state.record?.value
  }

  async authorizationHeader(options?: GetTokenOptions): Promise<string> {
    return headerValue(headerPlacement(this.#facts.spec), await this.getAccessToken(options))
  }

  async reportRejected(rejected: RejectedToken, code?: PlatformCode, options?: GetTokenOptions): Promise<string> {
    assertRejected(rejected)
    assertTokenError(this.#facts.spec, code, this.#state)
    const context = await this.#resolve(options?.signal)
    const { state } = context
    const isCurrent = (): boolean =>
      state.record !== undefined &&
      (typeof rejected === 'string' ? rejected === state.record.value : rejected.generation === state.record.generation)
    // Memory may be older than the cache: then the token is neither unknown nor outdated.
    if (!isCurrent() && rejected !== state.replacedValue) await abortable(lookAtCache(context), options?.signal)
    if (!isCurrent() && typeof rejected === 'string') noteRejectedValue(state, rejected)
    const { record } = state
    if (record === undefined || !isCurrent()) return this.getAccessToken(options)
    const isNews = !isRejected(state)
    // A rejection that only the cache's mark recorded is from now on known to memory.
    rejectRecord(state, record.value, code)
    if (isNews) context.emit('rejected', { generation: record.generation, code })
    return this.getAccessToken(options)
  }

  async refresh({ note, signal }: RefreshOptions = {}): Promise<TokenRecord> {
    let context = await this.#resolve(signal)
    const demand = { reason: 'requested', minLifeMs: 0, ...(note !== undefined && { note }) } as const
    for (;;) {
      try {
        const { record } = await outcomeOf(context, joinRefresh(context, demand), signal)
        // The process may have been stopped before it read the response.
        const freshness = freshnessOf(context, 0)
        const isDoubtful = freshness === 'unusable' || freshness === 'must-revalidate'
        return shownRecord(context, isDoubtful ? await this.#acquire(signal && { signal }) : record)
      } catch (error) {
        if (signal?.aborted === true || this.#closing.reason !== undefined) throw error
        // Another manager ran the refresh and was closed; this one is open.
        if (isClosedError(error)) continue
        const renewed = await this.#withOtherSecret(context, error, signal)
        if (renewed === undefined) throw error
        context = renewed
      }
    }
  }

  async adopt(token: OutsideToken, { signal, onlyIfNone = false }: AdoptOptions = {}): Promise<TokenRecord> {
    const context = await this.#resolve(signal)
    const { record } = await outcomeOf(context, joinRefresh(context, adoption(context, token, onlyIfNone)), signal)
    return shownRecord(context, record)
  }

  withToken<T>(fn: (token: string) => T | Promise<T>, options?: GetTokenOptions): Promise<T> {
    return withToken(this, this.#facts.spec, fn, options)
  }

  async requestWithSecret(
    build: SecretRequestBuilder,
    { signal }: SecretRequestOptions = {},
  ): Promise<PlatformResponse> {
    const context = await this.#resolve(signal)
    const send = (chosen: AccountContext<C>): Promise<SecretResponse> =>
      this.#closing.during(() => secretRequest(chosen, build, signal))
    const { response, wrongSecret } = await send(context)
    const renewed = wrongSecret && (await this.#withOtherSecret(context, wrongSecret, signal))
    return renewed === undefined ? response : (await send(renewed)).response
  }

  startBackgroundRefresh({ signal }: BackgroundRefreshOptions = {}): void {
    this.#closing.throwIfClosed()
    if (signal?.aborted === true || this.#background !== undefined) return
    const background = new BackgroundRefresh(this, this.#parts.clock)
    this.#background = background
    if (signal !== undefined)
      background.stopOn(signal, () => {
        this.#end(background)
      })
    background.begin()
  }

  stopBackgroundRefresh(): void {
    if (this.#background !== undefined) this.#end(this.#background)
  }

  #end(background: BackgroundRefresh<C>): void {
    background.stop()
    if (this.#background === background) this.#background = undefined
  }

  status(): SourceStatus {
    return statusOf(this.account, this.#context, this.#background !== undefined)
  }

  validate(): void {
    if (this.#invalid !== undefined) assertCredentials(this.#facts.spec, this.#invalid, this.#parts.language)
  }

  /** Ends the source: its timers stop, and pending and later calls fail with the reason. */
  close(reason: ClosedError): void {
    this.#closing.close(reason)
    if (this.#state !== undefined) forgetSource(this.#state, this)
    this.#state = undefined
    this.#endChanges?.()
    this.stopBackgroundRefresh()
  }

  async clear(): Promise<void> {
    const { state, gate, key } = await this.#resolve()
    const removals = [gate.remove(key), gate.remove(failureKey(key))]
    clearState(state)
    for (const outcome of await Promise.all(removals)) if (!outcome.ok) throw outcome.error
  }

  toJSON(): Account {
    return this.account
  }

  toString(): string {
    return accountName(this.account)
  }

  [inspect](): string {
    return `TokenSource<${this.toString()}>`
  }

  /** Returns a usable record from memory, from the cache, or from upstream. @param isBackground whether no caller waits for it */
  async #acquire({ signal, minLifeMs = 0 }: GetTokenOptions = {}, isBackground = false): Promise<StoredRecord> {
    let context = await this.#resolve(signal)
    for (let refreshes = 0; ; refreshes += 1) {
      const ready =
        (await serveFromMemory(context, minLifeMs, signal)) ?? (await serveBesideForced(context, minLifeMs, signal))
      if (ready !== undefined) return ready
      if (refreshes >= mostRefreshes) throw diesUnderway(context)
      assertReachable(context, minLifeMs)
      const reason = isRejected(context.state) ? 'rejected' : 'cold'
      const running = joinRefresh(context, { reason, minLifeMs, isBackground })
      try {
        // The top of the loop judges the result: a joined refresh may have been started for a lesser demand.
        await outcomeOf(context, running, signal)
      } catch (error) {
        if (signal?.aborted === true || this.#closing.reason !== undefined) throw error
        // Another manager ran the refresh and was closed, or it was a refresh ahead. This manager is open, and a caller
        // waits. A refresh ahead whose turn comes too late does so only because a caller waited for it.
        const isForeign = isClosedError(error) || (running.isAhead && !isQueueFull(error))
        if (isForeign && refreshes < mostRefreshes) continue
        const stale = await serveStale(context, minLifeMs, error, signal)
        if (stale !== undefined) return stale
        const renewed = await this.#withOtherSecret(context, error, signal)
        if (renewed === undefined) throw error
        context = renewed
      }
    }
  }

  /**
   * One turn of the background refresh: a refresh ahead while a token is alive, otherwise everything that a caller
   * would start.
   */
  async renew(): Promise<void> {
    const context = await this.#resolve()
    if (context.isReadonly) await lookOnce(context)
    else if (freshnessOf(context, 0) === 'refresh-due')
      await joinRefresh(context, { reason: 'ahead', minLifeMs: 0 }).promise
    else await this.#acquire({}, true)
  }

  async #resolve(signal?: AbortSignal): Promise<AccountContext<C>> {
    this.#closing.throwIfClosed()
    signal?.throwIfAborted()
    this.validate()
    return this.#context ?? abortable(this.#ask(), signal)
  }

  /** Fetches the secrets that are functions. */
  async #ask(): Promise<AccountContext<C>> {
    const asked = (this.#asked ??= new AskedSecrets(this.#parts, this.#facts))
    const secrets = await this.#closing.during(() => abortable(asked.ask(), this.#closing.signal))
    this.#closing.throwIfClosed()
    // A vault usually returns the same secret again.
    if (this.#context?.fingerprint === fingerprintOf(this.account, secrets)) return this.#context
    return this.#use(this.#parts.contextOf(this.#facts, secrets, this.#closing, this))
  }

  #use(context: AccountContext<C>): AccountContext<C> {
    this.#endChanges?.()
    if (this.#state !== undefined) forgetSource(this.#state, this)
    this.#context = context
    this.#state = context.state
    this.#endChanges = followChanges(context)
    return context
  }

  /** Fetches the secrets again after upstream reported a wrong one. Returns `undefined` if they are still the same. */
  async #withOtherSecret(
    context: AccountContext<C>,
    error: unknown,
    signal: AbortSignal | undefined,
  ): Promise<AccountContext<C> | undefined> {
    const isWrongSecret =
      isLingpaiError(error) &&
      error.code === 'ERR_LINGPAI_PLATFORM' &&
      error.details.errorClass === 'credential-invalid'
    if (this.#asked === undefined || !isWrongSecret) return undefined
    // Another caller that waited for the same refresh may have fetched them already.
    if (this.#context !== undefined && this.#context.fingerprint !== context.fingerprint) return this.#context
    if (!this.#asked.mayAskAgain()) return undefined
    const other = await abortable(this.#ask(), signal)
    return other.fingerprint === context.fingerprint ? undefined : other
  }
}
