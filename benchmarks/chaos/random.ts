/** Numbers from 0 to 1 that a seed determines, and choices based on them. */
export interface Random {
  /** From `from` to `to`. */
  between(from: number, to: number): number
  pick<T>(list: readonly [T, ...T[]]): T
}

/** The monkey's random numbers. How the processes react depends on the machine. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    between: (from, to) => from + next() * (to - from),
    pick: (list) => list[Math.floor(next() * list.length)] ?? list[0],
  }
}
