/** A longer wait is a mistake of the platform's operator, which must not stop an account for a year. */
const longestRetryAfterMs = 86_400_000

/** Seconds. `fetch` joins the headers of a platform and of a proxy by a comma. */
const seconds = /^\d+(\.\d+)?(\s*,\s*\d+(\.\d+)?)*$/

/** Parses `Retry-After` into milliseconds; `undefined` if it is absent, malformed or in the past. */
export function retryAfterIn(headers: Headers, nowMs: number): number | undefined {
  const text = headers.get('retry-after') ?? ''
  const ms = seconds.test(text) ? Math.max(...text.split(',').map(Number)) * 1000 : (httpDate(text) ?? 0) - nowMs
  return ms > 0 ? Math.min(ms, longestRetryAfterMs) : undefined
}

/**
 * Parses the three date formats of RFC 9110 §5.6.7. `Date.parse` alone accepts many other texts, and takes asctime for
 * local time.
 */
function httpDate(text: string): number | undefined {
  if (!/^[A-Z][a-z]{2,8},? .*\d\d:\d\d:\d\d( GMT| \d{4})$/.test(text)) return undefined
  const ms = Date.parse(text.endsWith(' GMT') ? text : `${text} GMT`)
  return Number.isFinite(ms) ? ms : undefined
}
