/** Settles as `run` does, or rejects with the signal's reason once it aborts; `run` then continues unobserved. */
export function untilAborted<T>(run: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error)
    }
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    run.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort)
    })
  })
}
