/** Converts the response of `TIME` to Unix milliseconds. Client versions return a `Date`, or seconds and microseconds. */
export function momentOf(reply: unknown): number {
  if (Array.isArray(reply)) return Number(reply[0]) * 1000 + Number(reply[1]) / 1000
  return Number(reply)
}
