/** Unix milliseconds of a reply to `TIME`: clients of different versions give a `Date`, or seconds and microseconds. */
export function momentOf(reply: unknown): number {
  if (Array.isArray(reply)) return Number(reply[0]) * 1000 + Number(reply[1]) / 1000
  return Number(reply)
}
