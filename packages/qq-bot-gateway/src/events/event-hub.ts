import type { GatewayEventName, GatewayEvents, GatewayListener } from './gateway-events.js'

type AnyListener = (event: never) => unknown

/** Hands events to listeners. One that throws or rejects is reported, and harms nobody. */
export class EventHub {
  readonly #listeners = new Map<GatewayEventName, readonly AnyListener[]>()
  readonly #onThrow: (name: GatewayEventName, thrown: unknown) => unknown

  /** @param onThrow told of what a listener threw; what it throws itself is not told to anybody */
  constructor(onThrow: (name: GatewayEventName, thrown: unknown) => unknown) {
    this.#onThrow = onThrow
  }

  /** @returns Ends the listening. */
  on<Name extends GatewayEventName>(name: Name, listener: GatewayListener<Name>): () => void {
    // A wrapper of its own, so that the same function may listen twice and end each listening apart.
    const own: AnyListener = (event) => listener(event)
    this.#listeners.set(name, [...this.#of(name), own])
    return () =>
      void this.#listeners.set(
        name,
        this.#of(name).filter((other) => other !== own),
      )
  }

  /** Whether anybody listens; an event that costs something to make can be left out. */
  has(name: GatewayEventName): boolean {
    return this.#of(name).length > 0
  }

  emit<Name extends GatewayEventName>(name: Name, event: GatewayEvents[Name]): void {
    void this.handOut(name, event)
  }

  /** @returns what the listeners are still at; it never rejects. Absent where all of them are done. */
  handOut<Name extends GatewayEventName>(name: Name, event: GatewayEvents[Name]): Promise<unknown> | undefined {
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

  #tell(name: GatewayEventName, thrown: unknown): void {
    try {
      const result = this.#onThrow(name, thrown)
      if (isThenable(result)) result.then(undefined, () => undefined)
    } catch {
      // There is nobody left to tell.
    }
  }

  #of(name: GatewayEventName): readonly AnyListener[] {
    return this.#listeners.get(name) ?? none
  }
}

const none: readonly AnyListener[] = []

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
