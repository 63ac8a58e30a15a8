/** Work by key: one after the other for a key, side by side for different ones. */
export interface WaitingLines {
  /** Works that wait or run for the key. */
  length(key: string): number
  /** Runs `work` when what came before it for the key is over, well or not. */
  join<T>(key: string, work: () => Promise<T>): Promise<T>
}

/** Lines that are gone when they are empty. */
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
