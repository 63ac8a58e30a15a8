import { onAbort } from '@lingpai/core/internal'

/** An abort signal that follows others. */
export interface FollowingAbort {
  readonly signal: AbortSignal
  abort(reason: unknown): void
  /** Stops following. */
  release(): void
}

/** Follows signals until it is released. `AbortSignal.any` would leak memory in each signal that outlives its result. */
export function followingAbort(...followed: readonly AbortSignal[]): FollowingAbort {
  const controller = new AbortController()
  const ends = followed.map((signal) =>
    onAbort(signal, () => {
      controller.abort(signal.reason)
    }),
  )
  return {
    signal: controller.signal,
    abort: (reason) => {
      controller.abort(reason)
    },
    release: () => {
      for (const end of ends) end()
    },
  }
}
