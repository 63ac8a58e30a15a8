import floors from './floors.json' with { type: 'json' }
import { ours } from './contenders/contenders.js'
import { judge, type Verdict } from './harness/floors.js'
import { readResults } from './harness/result-store.js'
import { runScenario } from './harness/run-scenario.js'
import type { Sizes } from './harness/scenario.js'
import { scenarioNamed } from './scenarios/scenarios.js'

/**
 * Runs Lingpai alone, small, in the scenarios whose counts no machine changes, and compares with `floors.json`; then compares the
 * stored results with their floors. Needs none of the other libraries.
 */
const sizesOfCheck: Readonly<Record<string, Sizes & { readonly rounds: number }>> = floors.sizesOfCheck
for (const [name, sizes] of Object.entries(sizesOfCheck)) {
  const scenario = { ...scenarioNamed(name), quick: sizes, contenders: [ours] }
  const result = await runScenario(scenario, { mode: 'quick' })
  const ofScenario = floors.inEveryCheck.filter((floor) => floor.scenario === name)
  // A machine without Redis measures nothing there.
  for (const verdict of judge(ofScenario, { [name]: result }, ours)) say(verdict, verdict.kind === 'broken')
}
for (const verdict of judge(floors.ofResults, readResults()?.scenarios ?? {}, ours)) {
  say({ ...verdict, line: `stored: ${verdict.line}` }, verdict.kind !== 'holds')
}

function say({ line }: Verdict, isProblem: boolean): void {
  process.stdout.write(`${line}\n`)
  if (!isProblem) return
  process.stderr.write(`${line}\n`)
  process.exitCode = 1
}
