import { areCredentials, areTexts, assertCredentials, fingerprintOf } from '../account.js'
import { type ClosedError, isLingpaiError } from '../errors.js'
import type { AccountContext, AccountFacts } from '../state/account-context.js'
import { forgetSource, type AccountState, type HotSource } from '../state/account-state.js'
import { abortable } from '../time/abortable.js'
import { Closing } from '../time/closing.js'
import { AskedSecrets } from './asked-secrets.js'
import { followChanges } from './follow-changes.js'
import type { SourceName, SourceParts } from './source-parts.js'

/** What a source is given. */
export interface ServedParts<C> {
  readonly parts: SourceParts
  readonly facts: AccountFacts<C>
  readonly name: SourceName
  /** The credentials as they were given. */
  readonly given: Readonly<Record<string, unknown>>
  /** Only of a parent: it ends with the derived token's source. */
  readonly closing?: Closing
}

/** The account that a source serves: its credentials, as far as they are known, and its end. */
export class ServedAccount<C> {
  readonly parts: SourceParts
  readonly facts: AccountFacts<C>
  /** Its name among the sources of its manager. */
  readonly name: string
  /** Tells sources of one account apart: by the provider's description and the options. */
  readonly variant: string
  readonly closing: Closing
  readonly #source: HotSource
  /** The credentials as they were given, if they are not valid. */
  #invalid: Readonly<Record<string, unknown>> | undefined
  #context: AccountContext<C> | undefined
  #endChanges: (() => void) | undefined
  /** Only where a secret is a function. */
  #asked: AskedSecrets<C> | undefined

  constructor(source: HotSource, { parts, facts, name, given, closing = new Closing() }: ServedParts<C>) {
    this.#source = source
    this.parts = parts
    this.facts = facts
    this.name = name.name
    this.variant = name.variant
    this.closing = closing
    this.#invalid = areCredentials(facts.spec, given) ? undefined : { ...given }
    if (areTexts(facts.secrets)) this.#use(facts.secrets)
  }

  /** The context, if the secrets are known. */
  get context(): AccountContext<C> | undefined {
    return this.#context
  }

  /** Uses the volatile credentials from now on. One that is not given stays. */
  takeVolatile(given: AccountFacts<C>['volatile']): void {
    const named = Object.entries(given).filter(([, secret]) => secret !== '')
    if (named.length === 0) return
    const volatile = (this.facts.volatile = { ...this.facts.volatile, ...Object.fromEntries(named) })
    if (this.#invalid && areCredentials(this.facts.spec, { ...this.#invalid, ...volatile })) this.#invalid = undefined
  }

  /** @throws ConfigError naming every bad field of the credentials */
  validate(): void {
    if (this.#invalid !== undefined) assertCredentials(this.facts.spec, this.#invalid, this.parts.language)
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

  /** Pending and later calls fail with the reason. */
  close(reason: ClosedError): void {
    this.closing.close(reason)
    this.#leave()
  }

  /** Fetches the secrets that are functions. */
  async #ask(): Promise<AccountContext<C>> {
    const asked = (this.#asked ??= new AskedSecrets(this.parts, this.facts))
    const secrets = await this.closing.during(() => abortable(asked.ask(), this.closing.signal))
    this.closing.throwIfClosed()
    // A vault usually returns the same secret again.
    if (this.#context?.fingerprint === fingerprintOf(this.facts.account, secrets)) return this.#context
    return this.#use(secrets)
  }

  #use(secrets: Readonly<Record<string, string>>): AccountContext<C> {
    this.#leave()
    const context = this.parts.contextOf(this.facts, secrets, this.closing, this.#source)
    this.#context = context
    this.#endChanges = followChanges(context)
    return context
  }

  /** Has nothing to do with the account as it was any more. */
  #leave(): void {
    this.#endChanges?.()
    if (this.#context !== undefined) forgetSource(this.#context.state, this.#source)
  }
}
