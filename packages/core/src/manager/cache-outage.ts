import type { CacheError, CacheErrorDetails } from '../errors.js'

type Operation = CacheErrorDetails['operation']

const writes = ['set', 'commit', 'take', 'remove', 'release'] as const
/**
 * Operations that a success proves to work again. A full disk still reads and removes, so reading proves nothing about
 * writing.
 */
const proofs: Readonly<Partial<Record<Operation, readonly Operation[]>>> = {
  get: ['get', 'remove', 'release'],
  set: writes,
  commit: writes,
  take: ['take', 'release'],
  now: ['now'],
}

/** Tracks from the outcomes of a cache's operations when it goes down and when it works again. */
export class CacheOutage {
  readonly #failing = new Set<Operation>()
  #failures = 0
  #isLasting = false

  /**
   * @returns whether the outage is already known: this is neither its first failure nor its first that waiting cannot
   * solve
   */
  failed({ retryable, details }: CacheError): boolean {
    const isKnown = this.#failures > 0 && (retryable || this.#isLasting)
    this.#failing.add(details.operation)
    this.#failures += 1
    this.#isLasting ||= !retryable
    return isKnown
  }

  /** @returns the number of failures of the outage, if it ends here */
  worked(operation: Operation): number | undefined {
    if (this.#failures === 0) return undefined
    for (const proven of proofs[operation] ?? [operation]) this.#failing.delete(proven)
    if (this.#failing.size > 0) return undefined
    const failures = this.#failures
    this.#failures = 0
    this.#isLasting = false
    return failures
  }
}
