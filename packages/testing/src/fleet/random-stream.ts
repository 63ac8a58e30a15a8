/** Numbers that depend only on a seed. */
export interface RandomStream {
  /** From 0 to below 1. */
  readonly number: () => number
  /** A whole number from `low` to `high`, both included. */
  readonly between: (low: number, high: number) => number
  readonly chance: (probability: number) => boolean
  readonly pick: <T>(list: readonly [T, ...T[]]) => T
  /** Creates an independent stream; drawing from it does not affect this one. */
  readonly fork: () => RandomStream
}

/** Creates a stream from a seed: sfc32 after a warm-up. */
export function randomStream(seed: number): RandomStream {
  let a = seed | 0
  let b = (seed / 2 ** 32) | 0
  let c = 0x9e3779b9 | 0
  let counter = 1
  const bits = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 16; i += 1) bits()
  const number = (): number => bits() / 2 ** 32
  return {
    number,
    between: (low, high) => low + Math.floor(number() * (high - low + 1)),
    chance: (probability) => number() < probability,
    pick: <T>(list: readonly [T, ...T[]]): T => list[Math.floor(number() * list.length)] ?? list[0],
    fork: () => randomStream(bits() + bits() * 2 ** 21),
  }
}
