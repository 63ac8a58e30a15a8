import { onAbort } from './on-abort.js'

/** Waits for work that other callers share, until this caller's signal aborts. @throws the signal's reason */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise<T>((resolve, reject) => {
    const forget = onAbort(signal, () => {
      reject(signal.reason as Error)
    })
    work.then(resolve, reject).finally(forget)
  })
}
