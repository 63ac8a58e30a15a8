import { abortable } from '../time/abortable.js'
import { accountName, type Account } from '../account.js'
import { apiOriginsOf } from '../replay/api-origins.js'
import type { AccountContext, AccountFacts } from '../state/account-context.js'
import { lookAtCache } from '../record/read-record.js'
import { shownRecord } from '../record/record-age.js'
import { adoption } from '../refresh/adopt-token.js'
import { authorizedFetch } from '../replay/authorized-fetch.js'
import { headerPlacement, headerValue } from '../provider/build-request.js'
import {
  clearState,
  isRejected,
  noteRejectedValue,
  rejectRecord,
  type AccountState,
  type HotSource,
} from '../state/account-state.js'
import type { ApiErrorTables } from '../provider/classify.js'
import type { PlatformCode } from '../error-class.js'
import type { ClosedError } from '../errors.js'
import { failureKey } from '../failure/failure-record.js'
import { isBoundToRequests } from '../http/other-request.js'
import { joinRefresh, outcomeOf } from '../refresh/join-refresh.js'
import { isClosedError } from '../time/closing.js'
import { lasts, type AgreedSpan } from '../time/clock-watch.js'
import { freshnessOf } from '../state/freshness.js'
import { recordKey, type KeyedSource } from './record-key.js'
import { assertNote } from './assert-note.js'
import { assertRejected, assertTokenError } from './assert-report.js'
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
import type { TokenRecord } from '../token-record.js'
import { withToken } from '../replay/with-token.js'
import { acquire } from './acquire.js'
import { ServedAccount, type ServedParts } from './served-account.js'

const inspect = Symbol.for('nodejs.util.inspect.custom')

/** {@link TokenSource} over a state that all managers of the process share. */
export class AccountSource<C> implements TokenSource, KeyedSource, HotSource {
  // A warm call reads these and nothing else of the account's own: what is small and near is in the processor's cache. That is also
  // why no method is private: each object of a class with one has a field more.
  #hotToken: Promise<string> | undefined
  #hotSpan: AgreedSpan | undefined
  #hotForMs = 0
  readonly #served: ServedAccount<C>
  #fetch: TokenSource['fetch'] | undefined

  constructor(parts: ServedParts<C>) {
    this.#served = new ServedAccount(this, parts)
  }

  /** Its name among the sources of its manager. */
  get name(): string {
    return this.#served.name
  }

  /** Tells sources of one account apart: by the provider's description and the options. */
  get variantName(): string {
    return this.#served.variantName
  }

  takeVolatile(given: AccountFacts<C>['volatile']): void {
    this.#served.takeVolatile(given)
  }

  get account(): Account {
    return this.#served.account
  }

  get apiOrigins(): readonly string[] {
    return apiOriginsOf(this.#served.spec, this.#served.account)
  }

  get errorTables(): ApiErrorTables {
    return this.#served.spec
  }

  // A function of its own, because HTTP clients call it bare: `ky.create({ fetch: source.fetch })`.
  get fetch(): TokenSource['fetch'] {
    this.#fetch ??= (input, init) => authorizedFetch(this, this.#served.spec, this.#served.parts, input, init)
    return this.#fetch
  }

  // The hot path: one stored promise and one read of the clock. Not async, because each call would then allocate a promise.
  getAccessToken(options?: GetTokenOptions): Promise<string> {
    const hot = this.#hotToken
    if (hot !== undefined && options === undefined && lasts(this.#hotSpan, this.#hotForMs)) return hot
    // Callers that have to wait share one wait, except where I/O ends with the request that started it.
    const mayShare = options === undefined && !isBoundToRequests() && this.peek() === undefined
    if (mayShare) return this.#served.acquireForAll()
    return acquire(this.#served, options).then(({ value }) => value)
  }

  warm(state: AccountState, token: Promise<string>, span: AgreedSpan, forMs: number): boolean {
    // A call that began before the source was closed, or before its secret changed, may still be under way.
    if (!this.#served.serves(state)) return false
    this.#hotToken = token
    this.#hotSpan = span
    this.#hotForMs = forMs
    return true
  }

  cool(): void {
    this.#hotToken = undefined
    this.#hotSpan = undefined
  }

  async getRecord(options?: GetTokenOptions): Promise<TokenRecord> {
    const record = await acquire(this.#served, options)
    return this.#served.context === undefined ? record : shownRecord(this.#served.context, record)
  }

  async [recordKey](): Promise<string> {
    // Works for a closed source, too.
    return (this.#served.context ?? (await this.#served.resolve())).key
  }

  peek(): string | undefined {
    const context = this.#served.context
    if (context === undefined || this.#served.closing.reason !== undefined) return undefined
    if (lasts(this.#hotSpan, this.#hotForMs)) return context.state.record?.value
    const freshness = freshnessOf(context, 0)
    return freshness === 'unusable' || freshness === 'must-revalidate' ? undefined : context.state.record?.value
  }

  async authorizationHeader(options?: GetTokenOptions): Promise<string> {
    return headerValue(headerPlacement(this.#served.spec), await this.getAccessToken(options))
  }

  async reportRejected(rejected: RejectedToken, code?: PlatformCode, options?: GetTokenOptions): Promise<string> {
    assertRejected(rejected)
    assertTokenError(this.#served.spec, code, this.#served.context?.state)
    const context = await this.#served.resolve(options?.signal)
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
    let context = await this.#served.resolve(signal)
    if (note !== undefined) assertNote(context, note)
    const demand = { reason: 'requested', minLifeMs: 0, ...(note !== undefined && { note }) } as const
    for (;;) {
      try {
        const { record } = await outcomeOf(context, joinRefresh(context, demand), signal)
        // The process may have been stopped before it read the response.
        const freshness = freshnessOf(context, 0)
        const isDoubtful = freshness === 'unusable' || freshness === 'must-revalidate'
        return shownRecord(context, isDoubtful ? await acquire(this.#served, signal && { signal }) : record)
      } catch (error) {
        if (signal?.aborted === true || this.#served.closing.reason !== undefined) throw error
        // Another manager ran the refresh and was closed; this one is open.
        if (isClosedError(error)) continue
        const renewed = await this.#served.withOtherSecret(context, error, signal)
        if (renewed === undefined) throw error
        context = renewed
      }
    }
  }

  async adopt(token: OutsideToken, { signal, onlyIfNone = false }: AdoptOptions = {}): Promise<TokenRecord> {
    const context = await this.#served.resolve(signal)
    const { record } = await outcomeOf(context, joinRefresh(context, adoption(context, token, onlyIfNone)), signal)
    return shownRecord(context, record)
  }

  withToken<T>(fn: (token: string) => T | Promise<T>, options?: GetTokenOptions): Promise<T> {
    return withToken(this, this.#served.spec, fn, options)
  }

  async requestWithSecret(
    build: SecretRequestBuilder,
    { signal }: SecretRequestOptions = {},
  ): Promise<PlatformResponse> {
    const context = await this.#served.resolve(signal)
    const send = (chosen: AccountContext<C>): Promise<SecretResponse> =>
      this.#served.closing.during(() => secretRequest(chosen, build, signal))
    const { response, wrongSecret } = await send(context)
    const renewed = wrongSecret && (await this.#served.withOtherSecret(context, wrongSecret, signal))
    return renewed === undefined ? response : (await send(renewed)).response
  }

  startBackgroundRefresh({ signal }: BackgroundRefreshOptions = {}): void {
    this.#served.startBackgroundRefresh(signal)
  }

  stopBackgroundRefresh(): void {
    this.#served.stopBackgroundRefresh()
  }

  status(): SourceStatus {
    return statusOf(this.account, this.#served.context, this.#served.hasBackgroundRefresh)
  }

  validate(): void {
    this.#served.validate()
  }

  /** Ends the source: its timers stop, and pending and later calls fail with the reason. */
  close(reason: ClosedError): void {
    this.#served.close(reason)
  }

  /** Only of a parent: the derived account that it serves is left. */
  leave(): void {
    this.#served.leave()
  }

  async clear(): Promise<void> {
    const { state, gate, key } = await this.#served.resolve()
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
}
