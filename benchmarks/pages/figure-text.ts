import type { Measure } from '../harness/scenario.js'

const suffixes: Readonly<Record<Measure['unit'], string>> = {
  ratio: '',
  count: '',
  bytes: ' B',
  ms: ' ms',
  MiB: ' MiB',
}

/** A figure as pages show it: three digits, and its unit. */
export function figureText(value: number, unit: Measure['unit']): string {
  const digits = Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3))
  return `${digits.toLocaleString('en-US', { maximumFractionDigits: 4 })}${suffixes[unit]}`
}
