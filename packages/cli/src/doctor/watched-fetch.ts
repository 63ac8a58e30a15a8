import type { Clock } from '@lingpai/core'

/** A `fetch` that remembers how many requests it made, and how far the platform's clock is from ours. */
export interface WatchedFetch {
  readonly fetch: typeof globalThis.fetch
  readonly requests: () => number
  /** Milliseconds by which our clock is ahead of the `Date` of the latest reply; `undefined` when no reply told. */
  readonly aheadMs: () => number | undefined
}

/** A `Date` header has whole seconds: on average it is half a second behind. */
const roundedMs = 500

/** Watches a `fetch`. */
export function watchedFetch(fetch: typeof globalThis.fetch, clock: Clock): WatchedFetch {
  let requests = 0
  let aheadMs: number | undefined
  return {
    requests: () => requests,
    aheadMs: () => aheadMs,
    fetch: async (input, init) => {
      requests += 1
      const sentAtMs = clock.now()
      const response = await fetch(input, init)
      const theirsMs = Date.parse(response.headers.get('date') ?? '')
      if (Number.isFinite(theirsMs)) aheadMs = (sentAtMs + clock.now()) / 2 - (theirsMs + roundedMs)
      return response
    },
  }
}
