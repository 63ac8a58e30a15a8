import {
  areCredentials,
  areTexts,
  assertCredentials,
  fingerprintOf,
  type Account,
  type SplitCredentials,
} from '../account.js'
import { type ClosedError, isLingpaiError } from '../errors.js'
import type { AccountContext, AccountFacts } from '../state/account-context.js'
import type { AccountState, HotSource } from '../state/account-state.js'
import { abortable } from '../time/abortable.js'
import { Closing } from '../time/closing.js'
import { acquire, renew, type Acquirable } from './acquire.js'
import { AskedSecrets } from './asked-secrets.js'
import { BackgroundRefresh, type RenewedSource } from './background-refresh.js'
import { followChanges } from './follow-changes.js'
import type { KnownSecrets, SourceName, SourceParts, SourceVariant } from './source-parts.js'

/** What a source is given. */
export interface ServedParts<C> extends SplitCredentials {
  readonly variant: SourceVariant<C>
  readonly name: string
  /** Key of the record in the cache, if it is known. */
  readonly key?: string | undefined
  /** The credentials as they were given. */
  readonly given: Readonly<Record<string, unknown>>
  /** Only of a parent: it ends with the derived token's source. */
  readonly closing?: Closing
}

/** The account that a source serves: its credentials, as far as they are known, its background refresh, and its end. */
export class ServedAccount<C> implements AccountFacts<C>, SourceName, RenewedSource<C>, Acquirable<C> {
  readonly account: Account
  readonly name: string
  readonly closing: Closing
  readonly source: HotSource
  readonly #variant: SourceVariant<C>
  /** The secrets as they were given: each a text, or a function that is asked. */
  readonly #secrets: SplitCredentials['secrets']
  #volatile: AccountFacts<C>['volatile']
  /** The credentials as they were given, if they are not valid. */
  #invalid: Readonly<Record<string, unknown>> | undefined
  #context: AccountContext<C> | undefined
  #endChanges: (() => void) | undefined
  /** Only where a secret is a function. */
  #asked: AskedSecrets<C> | undefined
  /** The wait that callers share. It is dropped before it resolves, so that a call after a rejection never gets the rejected token. */
  #acquiring: Promise<string> | undefined
  #background: BackgroundRefresh<C> | undefined

  constructor(source: HotSource, served: ServedParts<C>) {
    const { variant, secrets } = served
    this.#variant = variant
    this.#secrets = secrets
    this.account = served.account
    this.name = served.name
    this.closing = served.closing ?? new Closing()
    this.source = source
    this.#volatile = served.volatile
    this.#invalid = areCredentials(variant.spec, served.given) ? undefined : { ...served.given }
    if (areTexts(secrets)) this.#use(secrets, served.key)
  }

  get parts(): SourceParts {
    return this.#variant.parts
  }

  get spec(): AccountFacts<C>['spec'] {
    return this.#variant.spec
  }

  get isReadonly(): boolean {
    return this.#variant.isReadonly
  }

  get isNested(): boolean {
    return this.#variant.isNested
  }

  get variantName(): string {
    return this.#variant.name
  }

  get volatile(): AccountFacts<C>['volatile'] {
    return this.#volatile
  }

  /** The context, if the secrets are known. */
  get context(): AccountContext<C> | undefined {
    return this.#context
  }

  /** Uses the volatile credentials from now on. One that is not given stays. */
  takeVolatile(given: AccountFacts<C>['volatile']): void {
    const named = Object.entries(given).filter(([, secret]) => secret !== '')
    if (named.length === 0) return
    const volatile = (this.#volatile = { ...this.#volatile, ...Object.fromEntries(named) })
    if (this.#invalid && areCredentials(this.spec, { ...this.#invalid, ...volatile })) this.#invalid = undefined
  }

  /** @throws ConfigError naming every bad field of the credentials */
  validate(): void {
    if (this.#invalid !== undefined) assertCredentials(this.spec, this.#invalid, this.parts.language)
  }

  /** Whether the source may serve the token of `state`. Credentials that are not valid fail at every call. */
  serves(state: AccountState): boolean {
    return this.#context?.state === state && this.#invalid === undefined && this.closing.reason === undefined
  }

  /** The context; secrets that are functions are asked once. */
  async resolve(signal?: AbortSignal): Promise<AccountContext<C>> {
    this.closing.throwIfClosed()
    signal?.throwIfAborted()
    this.validate()
    return this.#context ?? abortable(this.#ask(), signal)
  }

  /** Fetches the secrets again after upstream reported a wrong one. Returns `undefined` if they are still the same. */
  async withOtherSecret(
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

  /** The token for callers that have to wait: they share one wait. */
  acquireForAll(): Promise<string> {
    return (this.#acquiring ??= this.#acquireOnce())
  }

  async #acquireOnce(): Promise<string> {
    try {
      return (await acquire(this)).value
    } finally {
      this.#acquiring = undefined
    }
  }

  /** Takes one turn of the background refresh. */
  renew(): Promise<void> {
    return renew(this)
  }

  get hasBackgroundRefresh(): boolean {
    return this.#background !== undefined
  }

  /** Refreshes ahead from now on, until the signal aborts. @throws ClosedError */
  startBackgroundRefresh(signal?: AbortSignal): void {
    this.closing.throwIfClosed()
    if (signal?.aborted === true || this.#background !== undefined) return
    const background = new BackgroundRefresh(this, this.parts.clock)
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

  /** Has nothing to do with the account as it was any more. */
  leave(): void {
    this.#endChanges?.()
    this.#context?.leave()
  }

  /** Pending and later calls fail with the reason. */
  close(reason: ClosedError): void {
    this.closing.close(reason)
    this.leave()
    this.stopBackgroundRefresh()
  }

  /** Fetches the secrets that are functions. */
  async #ask(): Promise<AccountContext<C>> {
    const asked = (this.#asked ??= new AskedSecrets(this.#variant, this.#secrets))
    const secrets = await this.closing.during(() => abortable(asked.ask(), this.closing.signal))
    this.closing.throwIfClosed()
    // A vault usually returns the same secret again.
    if (this.#context?.fingerprint === fingerprintOf(this.account, secrets)) return this.#context
    return this.#use(secrets)
  }

  #use(secrets: KnownSecrets, key?: string): AccountContext<C> {
    this.leave()
    const context = this.parts.contextOf(this, secrets, key)
    this.#context = context
    this.#endChanges = followChanges(context)
    return context
  }
}
