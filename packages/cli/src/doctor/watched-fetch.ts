import type { Clock } from '@lingpai/core'

/** A `fetch` that counts its requests and measures the difference between the platform's clock and this host's. */
export interface WatchedFetch {
  readonly fetch: typeof globalThis.fetch
  readonly requests: () => number
  /** How far this host's clock is ahead of the `Date` of the last response, milliseconds; `undefined` if no response had one. */
  readonly aheadMs: () => number | undefined
}

/** A `Date` header has whole seconds, so it is half a second behind on average. */
const roundedMs = 500

/** Wraps a `fetch`. */
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
