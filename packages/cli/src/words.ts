import type { TokenRecord } from '@lingpai/core'

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const

/** Formats `1 h 59 min`, the two largest units, without a sign. */
export function durationText(durationMs: number): string {
  let left = Math.floor(Math.abs(durationMs) / 1000) * 1000
  const parts = units.flatMap(([name, size]) => {
    const count = Math.floor(left / size)
    left -= count * size
    return count === 0 ? [] : [`${count} ${name}`]
  })
  return parts.length === 0 ? '0 s' : parts.slice(0, 2).join(' ')
}

/** Formats `in 1 h 59 min` or `3 s ago`. */
export function relativeText(atMs: number, nowMs: number): string {
  return atMs >= nowMs ? `in ${durationText(atMs - nowMs)}` : `${durationText(nowMs - atMs)} ago`
}

/** Formats `2026-11-20 23:10:05` in local time. */
export function momentText(atMs: number): string {
  return new Date(atMs).toLocaleString('sv-SE')
}

/** Describes a token without showing any part of it. */
export function maskedToken({ value }: Pick<TokenRecord, 'value'>): string {
  return `•••• (${value.length} characters)`
}

/** Aligns rows in columns; a Chinese character is two columns wide. */
export function tableLines(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, widthOf(cell))))
  return rows.map((row) =>
    row
      .map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - widthOf(cell)))
      .join('  ')
      .trimEnd(),
  )
}

const wide = /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/g

function widthOf(text: string): number {
  return text.length + (text.match(wide)?.length ?? 0)
}
