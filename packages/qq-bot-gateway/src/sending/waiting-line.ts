/** Queues of work: sequential for the same key, concurrent for different keys. */
export interface WaitingLines {
  /** Number of jobs that wait or run for the key. */
  length(key: string): number
  /** Runs `work` after the earlier jobs of the key have settled. */
  join<T>(key: string, work: () => Promise<T>): Promise<T>
}

/** Creates queues; an empty one is removed from memory. */
export function waitingLines(): WaitingLines {
  const lines = new Map<string, { last: Promise<unknown>; length: number }>()
  return {
    length: (key) => lines.get(key)?.length ?? 0,
    join: (key, work) => {
      const line = lines.get(key) ?? { last: Promise.resolve(), length: 0 }
      lines.set(key, line)
      line.length += 1
      const run = line.last.then(work)
      line.last = run
        .catch(() => undefined)
        .finally(() => {
          line.length -= 1
          if (line.length === 0) lines.delete(key)
        })
      return run
    },
  }
}
