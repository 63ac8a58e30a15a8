/** Settles as `run` does, or with the signal's reason as soon as it is aborted; `run` goes on by itself then. */
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
