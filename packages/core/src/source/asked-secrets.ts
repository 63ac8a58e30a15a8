import type { Secret } from '../provider.js'
import type { KnownSecrets, SourceVariant } from './source-parts.js'

/** A secret is fetched from a vault at most this often. */
const betweenQuestionsMs = 5000

/** Asks for secrets that are functions, once for all callers that wait. */
export class AskedSecrets<C> {
  readonly #variant: SourceVariant<C>
  readonly #secrets: Readonly<Record<string, Secret>>
  #asking: Promise<KnownSecrets> | undefined
  #askedAtMs = -Infinity

  /** @param secrets as they were given: each a text, or a function that is asked */
  constructor(variant: SourceVariant<C>, secrets: Readonly<Record<string, Secret>>) {
    this.#variant = variant
    this.#secrets = secrets
  }

  /** The secrets as they are now. */
  ask(): Promise<KnownSecrets> {
    const { parts, spec } = this.#variant
    return (this.#asking ??= parts.secretsOf(spec, this.#secrets).finally(() => {
      this.#asking = undefined
      this.#askedAtMs = parts.clock.monotonic()
    }))
  }

  /** Whether another question may bring another answer. */
  mayAskAgain(): boolean {
    return this.#asking !== undefined || this.#variant.parts.clock.monotonic() - this.#askedAtMs >= betweenQuestionsMs
  }
}
