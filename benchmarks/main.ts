import { printResult } from './harness/print-result.js'
import { readResults, writeResults } from './harness/result-store.js'
import { runScenario } from './harness/run-scenario.js'
import { scenarioNamed, scenarios } from './scenarios/scenarios.js'

/** The options of `scripts/bench.mjs`. */
interface Settings {
  readonly full: boolean
  readonly only: readonly string[]
  readonly contender: readonly string[]
  readonly rounds?: number
  readonly write: boolean
}

/** Runs the scenarios and prints their figures; `write` puts them into `benchmarks/results.json`. */
const { full, only, contender, rounds, write } = JSON.parse(process.argv[2] ?? '{}') as Settings
const unknown = only.find((name) => !scenarios.some((scenario) => scenario.name === name))
if (unknown !== undefined) {
  process.stderr.write(
    `bench: no scenario is named ${unknown}; there are ${scenarios.map(({ name }) => name).join(', ')}\n`,
  )
  process.exit(2)
}
const chosen = only.length === 0 ? scenarios : only.map(scenarioNamed)
for (const scenario of chosen) {
  const result = await runScenario(scenario, {
    mode: full ? 'full' : 'quick',
    only: contender,
    ...(rounds !== undefined && { rounds }),
  })
  printResult(scenario.name, result)
  if (write) writeResults({ ...readResults()?.scenarios, [scenario.name]: result })
}
