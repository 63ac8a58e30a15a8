import { memoryCache } from '@lingpai/cache-memory'
import { cacheConformance } from '@lingpai/testing/conformance'

cacheConformance(
  test,
  () => {
    let nowMs = 1_800_000_000_000
    return {
      cache: memoryCache({ clock: { now: () => nowMs } }),
      nowMs: () => nowMs,
      advanceMs: (ms) => {
        nowMs += ms
      },
      close: () => undefined,
    }
  },
  { without: ['lease', 'subscribe', 'close', 'reopen', 'damage', 'breakStore'] },
)
