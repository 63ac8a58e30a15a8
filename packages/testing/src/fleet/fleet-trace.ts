/** What happened, in order. A line is formatted only when it is read. */
export interface FleetTrace {
  /** Adds a line. Facts contain no token, and nothing that differs between two runs of one seed. */
  readonly add: (atMs: number, who: string, what: string, fact?: string | number) => void
  /** The last lines, oldest first. */
  readonly last: (count: number) => readonly string[]
  /** A fingerprint of all lines so far, eight hexadecimal digits. */
  readonly hash: () => string
  readonly length: () => number
}

type Line = readonly [atMs: number, who: string, what: string, fact: string | number]

/** @param onLine called with each line at once, for a replay */
export function fleetTrace(startMs: number, onLine?: (line: string) => void): FleetTrace {
  const kept = 256
  const ring: (Line | undefined)[] = new Array<Line | undefined>(kept)
  let count = 0
  let hash = 0x811c9dc5
  const mix = (text: string): void => {
    for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  }
  const textOf = ([atMs, who, what, fact]: Line): string =>
    `${((atMs - startMs) / 1000).toFixed(3).padStart(10)} ${who.padEnd(7)} ${what}${fact === '' ? '' : ` ${fact}`}`
  return {
    add: (atMs, who, what, fact = '') => {
      hash = Math.imul(hash ^ (atMs - startMs), 0x01000193)
      mix(who)
      mix(what)
      if (typeof fact === 'string') mix(fact)
      else hash = Math.imul(hash ^ fact, 0x01000193)
      const line: Line = [atMs, who, what, fact]
      ring[count % kept] = line
      count += 1
      onLine?.(textOf(line))
    },
    last: (wanted) => {
      const lines: string[] = []
      for (let i = Math.max(0, count - Math.min(wanted, kept)); i < count; i += 1) {
        const line = ring[i % kept]
        if (line !== undefined) lines.push(textOf(line))
      }
      return lines
    },
    hash: () => (hash >>> 0).toString(16).padStart(8, '0'),
    length: () => count,
  }
}
