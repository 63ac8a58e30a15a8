/** Counts replies: the platform takes each number of a message once. */
export interface ReplyNumbers {
  /** The next number of a reply to this message or event, from 1. */
  next(repliesTo: string): number
}

/** Two generations of up to `most` counters; what is replied to is minutes old, so the older one may go as a whole. */
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
