/** @typedef {import('../contract.js').TimelineEvent} TimelineEvent */
/** @typedef {'hour' | 'day' | 'week'} Range */

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** Time ranges and the width of their bars in milliseconds. */
const ranges = {
  hour: { spanMs: hourMs, bucketMs: 2 * minuteMs },
  day: { spanMs: 24 * hourMs, bucketMs: hourMs },
  week: { spanMs: 7 * 24 * hourMs, bucketMs: 6 * hourMs },
}

const good = new Set(['refreshed', 'same-token'])
const bad = new Set(['refresh-failed', 'served-stale'])

/**
 * Counts the refreshes of timelines in a range, for the chart and its table.
 *
 * @param {readonly TimelineEvent[]} events
 * @param {Range} range
 * @param {number} now Unix milliseconds
 */
export function activityFigures(events, range, now) {
  const { spanMs, bucketMs } = ranges[range]
  // Bars begin at round times of the local clock, so that they don't move with each update.
  const offset = new Date(now).getTimezoneOffset() * minuteMs
  const end = Math.ceil((now - offset) / bucketMs) * bucketMs + offset
  const count = spanMs / bucketMs
  const buckets = Array.from({ length: count }, (_, at) => ({
    from: end - (count - at) * bucketMs,
    to: end - (count - at - 1) * bucketMs,
    succeeded: 0,
    failed: 0,
    /** @type {number[]} */
    tookMs: [],
  }))
  const start = end - spanMs
  const attempts = events
    .filter(({ at, event }) => at >= start && at < end && (good.has(event) || bad.has(event)))
    .sort((a, b) => a.at - b.at)
  for (const { at, event, duration_ms: tookMs } of attempts) {
    const bucket = buckets[Math.floor((at - start) / bucketMs)]
    if (!bucket) continue
    if (good.has(event)) bucket.succeeded++
    else bucket.failed++
    if (tookMs !== undefined) bucket.tookMs.push(tookMs)
  }
  const points = attempts.flatMap(({ at, event, duration_ms: tookMs }) =>
    tookMs === undefined ? [] : [{ at, tookMs, isGood: good.has(event) }],
  )
  const all = points.map(({ tookMs }) => tookMs)
  return {
    start,
    end,
    buckets: buckets.map(({ tookMs, ...bucket }) => ({ ...bucket, medianMs: median(tookMs) })),
    points,
    succeeded: buckets.reduce((sum, { succeeded }) => sum + succeeded, 0),
    failed: buckets.reduce((sum, { failed }) => sum + failed, 0),
    medianMs: median(all),
    slowestMs: all.length === 0 ? undefined : Math.max(...all),
  }
}

/** @param {readonly number[]} numbers */
function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}
