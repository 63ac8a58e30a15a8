/** What waits for a signal, and the one listener that serves all of it. */
interface Waiting {
  readonly callbacks: Set<() => void>
  readonly listener: () => void
}

const waiting = new WeakMap<AbortSignal, Waiting>()

/**
 * Calls back once when a signal aborts, or at once if it has. A signal has one listener however many wait for it: Node.js takes
 * more than ten for a leak, and warns.
 *
 * @returns Ends the waiting. The last one to end takes the listener off.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback()
    return () => undefined
  }
  const { callbacks, listener } = waiting.get(signal) ?? listenTo(signal)
  // The same function may be given twice.
  const call = (): void => {
    callback()
  }
  callbacks.add(call)
  return () => {
    if (!callbacks.delete(call) || callbacks.size > 0) return
    signal.removeEventListener('abort', listener)
    waiting.delete(signal)
  }
}

function listenTo(signal: AbortSignal): Waiting {
  const callbacks = new Set<() => void>()
  const listener = (): void => {
    waiting.delete(signal)
    const calls = [...callbacks]
    callbacks.clear()
    for (const call of calls) call()
  }
  signal.addEventListener('abort', listener, { once: true })
  const first = { callbacks, listener }
  waiting.set(signal, first)
  return first
}
