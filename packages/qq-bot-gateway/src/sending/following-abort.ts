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
    follow(signal, () => {
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

interface Followers {
  readonly aborts: Set<() => void>
  readonly listener: () => void
}

/** One listener per signal, however many messages are waiting: Node.js warns about more than ten. */
const followers = new WeakMap<AbortSignal, Followers>()

function follow(signal: AbortSignal, abort: () => void): () => void {
  if (signal.aborted) abort()
  const { aborts, listener } = followers.get(signal) ?? firstFollower(signal)
  aborts.add(abort)
  return () => {
    aborts.delete(abort)
    if (aborts.size > 0) return
    signal.removeEventListener('abort', listener)
    followers.delete(signal)
  }
}

function firstFollower(signal: AbortSignal): Followers {
  const aborts = new Set<() => void>()
  const listener = (): void => {
    for (const abort of aborts) abort()
  }
  signal.addEventListener('abort', listener, { once: true })
  const first = { aborts, listener }
  followers.set(signal, first)
  return first
}
