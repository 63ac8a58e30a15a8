import type { QQBotGatewayEventName, QQBotGatewayEvents, QQBotGatewayListener } from './gateway-events.js'

type AnyListener = (event: never) => unknown

/** Hands events to listeners. A listener that throws or rejects is reported and does not affect the others. */
export class EventHub {
  readonly #listeners = new Map<QQBotGatewayEventName, readonly AnyListener[]>()
  readonly #onThrow: (name: QQBotGatewayEventName, thrown: unknown) => unknown

  /** @param onThrow called with what a listener threw; its own errors are ignored */
  constructor(onThrow: (name: QQBotGatewayEventName, thrown: unknown) => unknown) {
    this.#onThrow = onThrow
  }

  /** @returns a function that removes the listener */
  on<Name extends QQBotGatewayEventName>(name: Name, listener: QQBotGatewayListener<Name>): () => void {
    // The wrapper lets the same function listen twice, with each registration removed separately.
    const own: AnyListener = (event) => listener(event)
    this.#listeners.set(name, [...this.#of(name), own])
    return () =>
      void this.#listeners.set(
        name,
        this.#of(name).filter((other) => other !== own),
      )
  }

  /** Whether the event has a listener. Lets a caller skip building an event that is expensive to build. */
  has(name: QQBotGatewayEventName): boolean {
    return this.#of(name).length > 0
  }

  emit<Name extends QQBotGatewayEventName>(name: Name, event: QQBotGatewayEvents[Name]): void {
    void this.handOut(name, event)
  }

  /** @returns a promise of the listeners that are still running, which never rejects; `undefined` if none is */
  handOut<Name extends QQBotGatewayEventName>(
    name: Name,
    event: QQBotGatewayEvents[Name],
  ): Promise<unknown> | undefined {
    let working: Promise<unknown> | undefined
    for (const listener of this.#of(name)) {
      try {
        const result = listener(event as never)
        if (!isThenable(result)) continue
        const work = Promise.resolve(result).catch((thrown: unknown) => void this.#tell(name, thrown))
        working = working === undefined ? work : Promise.all([working, work])
      } catch (thrown) {
        this.#tell(name, thrown)
      }
    }
    return working
  }

  #tell(name: QQBotGatewayEventName, thrown: unknown): void {
    try {
      const result = this.#onThrow(name, thrown)
      if (isThenable(result)) result.then(undefined, () => undefined)
    } catch {
      // An error while reporting an error is ignored.
    }
  }

  #of(name: QQBotGatewayEventName): readonly AnyListener[] {
    return this.#listeners.get(name) ?? none
  }
}

const none: readonly AnyListener[] = []

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
