/** Counts replies: the platform accepts each number once per message. */
export interface ReplyNumbers {
  /** Returns the next number of a reply to this message or event, from 1. */
  next(repliesTo: string): number
}

/** Uses two generations of up to `most` counters. Replies come within minutes, so the older generation can be dropped as a whole. */
export function replyNumbers(most = 10_000): ReplyNumbers {
  let young = new Map<string, number>()
  let old = new Map<string, number>()
  return {
    next: (repliesTo) => {
      const number = (young.get(repliesTo) ?? old.get(repliesTo) ?? 0) + 1
      young.set(repliesTo, number)
      if (young.size >= most) {
        old = young
        young = new Map()
      }
      return number
    },
  }
}
