/** The callbacks that wait for a signal, and the one listener that calls them. */
interface Waiting {
  readonly callbacks: Set<() => void>
  readonly listener: () => void
}

const waiting = new WeakMap<AbortSignal, Waiting>()

/**
 * Calls `callback` once when a signal aborts, or immediately if it already has. All callbacks of a signal share one
 * listener, because Node.js warns about a leak at more than ten.
 *
 * @returns a function that removes the callback; removing the last one removes the listener
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback()
    return () => undefined
  }
  const { callbacks, listener } = waiting.get(signal) ?? listenTo(signal)
  // Wrapped, because the same function may be added twice.
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
