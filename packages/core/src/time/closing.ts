import type { AnyLingpaiError, ClosedError } from '../errors.js'

/** The end of a source. Its signal exists only while some work uses it, because most accounts of a process are idle. */
export class Closing {
  #reason: ClosedError | undefined
  #controller: AbortController | undefined
  #works = 0

  /** Why it was closed; `undefined` while it is open. */
  get reason(): ClosedError | undefined {
    return this.#reason
  }

  /** The signal for the work under way, see {@link during}. It aborts with the reason. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  /** @throws the reason */
  throwIfClosed(): void {
    if (this.#reason !== undefined) throw this.#reason
  }

  /** Does work that may use the signal until it is over. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#works += 1
    try {
      return await work()
    } finally {
      this.#works -= 1
      if (this.#works === 0) this.#controller = undefined
    }
  }

  close(reason: ClosedError): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#controller?.abort(reason)
  }
}

/** Whether an error only says that the manager of the refresh was closed. */
export function isClosedError(error: unknown): boolean {
  return (error as Partial<AnyLingpaiError> | undefined)?.code === ('ERR_LINGPAI_CLOSED' satisfies ClosedError['code'])
}
