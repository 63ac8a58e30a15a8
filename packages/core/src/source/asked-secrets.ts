import type { AccountFacts } from '../state/account-context.js'
import type { SourceParts } from './source-parts.js'

/** A secret is fetched from a vault at most this often. */
const betweenQuestionsMs = 5000

/** Asks for secrets that are functions, once for all callers that wait. */
export class AskedSecrets<C> {
  readonly #parts: SourceParts
  readonly #facts: AccountFacts<C>
  #asking: Promise<Readonly<Record<string, string>>> | undefined
  #askedAtMs = -Infinity

  constructor(parts: SourceParts, facts: AccountFacts<C>) {
    this.#parts = parts
    this.#facts = facts
  }

  /** The secrets as they are now. */
  ask(): Promise<Readonly<Record<string, string>>> {
    return (this.#asking ??= this.#parts.secretsOf(this.#facts).finally(() => {
      this.#asking = undefined
      this.#askedAtMs = this.#parts.clock.monotonic()
    }))
  }

  /** Whether another question may bring another answer. */
  mayAskAgain(): boolean {
    return this.#asking !== undefined || this.#parts.clock.monotonic() - this.#askedAtMs >= betweenQuestionsMs
  }
}
