import type { ScenarioResult } from './result-file.js'

/** Prints the figures of a scenario as a table. */
export function printResult(name: string, { measures, sizes }: ScenarioResult): void {
  process.stdout.write(`${name} ${JSON.stringify(sizes)}\n`)
  for (const [measure, { unit, better, rows }] of Object.entries(measures)) {
    if (rows.length === 0) continue
    process.stdout.write(`  ${measure} (${unit}, ${better} is better)\n`)
    const sorted = [...rows].sort((one, other) =>
      better === 'lower' ? one.median - other.median : other.median - one.median,
    )
    for (const row of sorted) {
      process.stdout.write(`    ${row.name.padEnd(26)} ${row.median} (${row.min} to ${row.max}, ${row.runs} runs)\n`)
    }
  }
}
