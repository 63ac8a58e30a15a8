import type { Journal } from './journal.js'
import type { RunTimes } from './run-times.js'
import type { Verdict } from './verdict.js'

/** In a shorter run, a process is still warming up. */
const shortestRunMs = 45_000
const megabyte = 2 ** 20

/** Checks that the memory of the processes that live from the beginning to the end doesn't grow. */
export function judgeMemory({ memory }: Journal, { startedAtMs, troubledMs }: RunTimes): Verdict {
  if (troubledMs < shortestRunMs || memory.length === 0) return { lines: ['resident memory: not judged'], broken: [] }
  const warmAtMs = startedAtMs + troubledMs / 4
  const found = [...new Set(memory.map(({ member }) => member))].map((member) => {
    const samples = memory.filter((one) => one.member === member && one.atMs >= warmAtMs).map(({ bytes }) => bytes)
    const third = Math.floor(samples.length / 3)
    return { member, before: median(samples.slice(0, third)), after: median(samples.slice(-third)) }
  })
  const words = found.map(
    ({ member, before, after }) =>
      `resident memory of process ${member}, medians of the first and the last third after warm-up: ${inMegabytes(before)}, ${inMegabytes(after)}`,
  )
  return {
    lines: words,
    broken: words
      .filter((_, i) => (found[i]?.after ?? 0) > (found[i]?.before ?? 0) * 1.15 + 12 * megabyte)
      .map((text) => ({ text: `it grows: ${text}` })),
  }
}

function inMegabytes(bytes: number): string {
  return `${(bytes / megabyte).toFixed(1)} MB`
}

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0
}
