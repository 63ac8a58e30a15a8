import { parseArgs } from 'node:util'
import { printResult } from './harness/print-result.js'
import { readResults, writeResults } from './harness/result-store.js'
import { runScenario } from './harness/run-scenario.js'
import { scenarioNamed, scenarios } from './scenarios/scenarios.js'

/** Runs the scenarios and prints their figures; `--write` puts them into `benchmarks/results.json`. */
const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    contender: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
if (values.write && values.contender.length > 0)
  throw new TypeError('--write stores a scenario with all its contenders')
const chosen = values.only.length === 0 ? scenarios : values.only.map(scenarioNamed)
for (const scenario of chosen) {
  const result = await runScenario(scenario, {
    mode: values.full ? 'full' : 'quick',
    only: values.contender,
    ...(values.rounds !== undefined && { rounds: Number(values.rounds) }),
  })
  printResult(scenario.name, result)
  if (values.write) writeResults({ ...readResults()?.scenarios, [scenario.name]: result })
}
