/** Remembers the last ids, and no more than that. */
export interface RecentIds {
  /** Whether the id is new; it is remembered then. */
  add(id: string): boolean
}

/** Two generations of up to `most` ids: the older one is dropped as a whole, which costs less than dropping one by one. */
export function recentIds(most: number): RecentIds {
  let young = new Set<string>()
  let old = new Set<string>()
  return {
    add: (id) => {
      if (young.has(id) || old.has(id)) return false
      young.add(id)
      if (young.size >= most) {
        old = young
        young = new Set()
      }
      return true
    },
  }
}
