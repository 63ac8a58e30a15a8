import floors from './floors.json' with { type: 'json' }
import { ours } from './contenders/contenders.js'
import type { ScenarioResult } from './harness/result-file.js'
import { readResults } from './harness/result-store.js'
import { runScenario } from './harness/run-scenario.js'
import type { Sizes } from './harness/scenario.js'
import { scenarioNamed } from './scenarios/scenarios.js'

/**
 * Runs Lingpai alone, small, in the scenarios whose counts no machine changes, and compares with `floors.json`; then compares the
 * stored results with their floors. Needs none of the other libraries.
 */
interface Floor {
  readonly scenario: string
  readonly measure: string
  readonly atMost?: number
  readonly atLeast?: number
}

const problems: string[] = []
const sizesOfCheck: Readonly<Record<string, Sizes & { readonly rounds: number }>> = floors.sizesOfCheck
for (const [name, sizes] of Object.entries(sizesOfCheck)) {
  const scenario = { ...scenarioNamed(name), quick: sizes, contenders: [ours] }
  compare(await runScenario(scenario, { mode: 'quick' }), floorsOf(floors.inEveryCheck, name))
}
for (const [name, result] of Object.entries(readResults()?.scenarios ?? {})) {
  compare(result, floorsOf(floors.ofResults, name), 'stored: ')
}
for (const problem of problems) process.stderr.write(`${problem}\n`)
process.exitCode = problems.length > 0 ? 1 : 0

function floorsOf(all: readonly Floor[], scenario: string): readonly Floor[] {
  return all.filter((floor) => floor.scenario === scenario)
}

function compare({ measures }: ScenarioResult, all: readonly Floor[], prefix = ''): void {
  for (const { scenario, measure, atMost = Infinity, atLeast = -Infinity } of all) {
    const value = measures[measure]?.rows.find(({ name }) => name === ours)?.median
    const floor = atMost === Infinity ? `at least ${atLeast}` : `at most ${atMost}`
    // A machine without Redis measures nothing there.
    const line = `${prefix}${scenario} ${measure}: ${value ?? 'not measured'} (${floor})`
    if (value !== undefined && (value > atMost || value < atLeast)) problems.push(line)
    process.stdout.write(`${line}\n`)
  }
}
