/** What a platform says beyond this is a mistake of its operator, which must not stop an account for a year. */
const longestRetryAfterMs = 86_400_000

/** `Retry-After` in milliseconds: seconds, or an HTTP date; `undefined` where it says nothing, or nothing of use. */
export function retryAfterIn(headers: Headers, nowMs: number): number | undefined {
  const text = headers.get('retry-after') ?? ''
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : (httpDate(text) ?? 0) - nowMs
  return ms > 0 ? Math.min(ms, longestRetryAfterMs) : undefined
}

/** The three forms of RFC 9110 §5.6.7. `Date.parse` alone takes many texts that are no dates, and asctime for local time. */
function httpDate(text: string): number | undefined {
  if (!/^[A-Z][a-z]{2,8},? .*\d\d:\d\d:\d\d( GMT| \d{4})$/.test(text)) return undefined
  const ms = Date.parse(text.endsWith(' GMT') ? text : `${text} GMT`)
  return Number.isFinite(ms) ? ms : undefined
}
