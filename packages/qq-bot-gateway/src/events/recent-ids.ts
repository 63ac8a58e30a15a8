/** Remembers a bounded number of recent ids. */
export interface RecentIds {
  /** Remembers the id. @returns whether it is new */
  add(id: string): boolean
}

/** Uses two generations of up to `most` ids. The older one is dropped as a whole, which costs less than dropping ids one by one. */
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
