import type { CacheError, CacheErrorDetails } from '../errors.js'

type Operation = CacheErrorDetails['operation']

const writes = ['set', 'commit', 'take', 'remove', 'release'] as const
/** What works again when an operation worked. A full disk still reads and removes, so reading proves nothing of writing. */
const proofs: Readonly<Partial<Record<Operation, readonly Operation[]>>> = {
  get: ['get', 'remove', 'release'],
  set: writes,
  commit: writes,
  take: ['take', 'release'],
  now: ['now'],
}

/** Tells when a cache goes down and when it works again, from the outcomes of its operations. */
export class CacheOutage {
  readonly #failing = new Set<Operation>()
  #failures = 0
  #isLasting = false

  /** @returns whether the outage is known: it is not its first failure, and not the first that waiting does not mend */
  failed({ retryable, details }: CacheError): boolean {
    const isKnown = this.#failures > 0 && (retryable || this.#isLasting)
    this.#failing.add(details.operation)
    this.#failures += 1
    this.#isLasting ||= !retryable
    return isKnown
  }

  /** @returns how many failures the outage had, if it ends here */
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
