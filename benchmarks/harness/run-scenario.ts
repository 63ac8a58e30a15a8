import { execFileSync, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ours } from '../contenders/contenders.js'
import type { Row, ScenarioResult } from './result-file.js'
import type { Figures, Scenario } from './scenario.js'
import { spreadOf } from './statistics.js'

/** How much of a scenario is run. */
export interface RunOptions {
  readonly mode: 'quick' | 'full'
  /** Only these contenders, if any is named. */
  readonly only?: readonly string[]
  readonly rounds?: number
}

/** Runs a scenario: in each round every contender once, in another order than in the round before. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<ScenarioResult> {
  const sizes = { ...scenario[options.mode], ...(options.rounds !== undefined && { rounds: options.rounds }) }
  const contenders = scenario.contenders.filter(
    (name) => options.only === undefined || options.only.length === 0 || options.only.includes(name),
  )
  const seen = new Map<string, Figures[]>(contenders.map((name) => [name, []]))
  for (let round = 0; round < sizes.rounds; round += 1) {
    const order = contenders.map((_, index) => contenders[(index + round) % contenders.length]!)
    const run = async (name: string): Promise<void> => {
      const figures = await runOne(scenario, name, sizes)
      if (figures !== undefined) seen.get(name)?.push(figures)
    }
    if (scenario.isConcurrent === true) await Promise.all(order.map(run))
    else for (const name of order) await run(name)
  }
  const rowsOf = (measure: string): readonly Row[] =>
    [...seen].flatMap(([name, runs]) => {
      const values = runs.map((figures) => figures[measure]).filter((value) => value !== undefined)
      return values.length === 0 ? [] : [{ name, ...spreadOf(values) }]
    })
  const measures = Object.entries(scenario.measures).map(([name, measure]) => [
    name,
    { ...measure, rows: rowsOf(name) },
  ])
  return {
    commit: commitOfSources(),
    mode: options.mode,
    sizes,
    leftOut: scenario.leftOut,
    measures: Object.fromEntries(measures) as ScenarioResult['measures'],
  }
}

/** Runs one contender in a process of its own. @returns undefined if it ended without figures, which ends the run only for Lingpai */
async function runOne(scenario: Scenario, contender: string, sizes: object): Promise<Figures | undefined> {
  const script = fileURLToPath(new URL('./run-one.mjs', import.meta.url))
  const child = fork(script, [scenario.name, contender, JSON.stringify(sizes)], {
    execArgv: ['--enable-source-maps', ...(scenario.nodeFlags ?? [])],
    // Some libraries print that they are ready.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  return new Promise((resolve, reject) => {
    child.once('message', (figures) => {
      child.removeAllListeners('exit').send('end')
      resolve(figures as Figures)
    })
    child.once('exit', (code, signal) => {
      const problem = `${scenario.name}: the process of ${contender} ended with ${code ?? signal} and no figures`
      if (contender === ours) return reject(new TypeError(problem))
      process.stderr.write(`${problem}\n`)
      resolve(undefined)
    })
  })
}

/** The commit, marked if what is measured differs from it. */
function commitOfSources(): string {
  const git = (...args: readonly string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim()
  const changes = git('status', '--porcelain', '--', 'packages', 'benchmarks', ':!benchmarks/results.json')
  return `${git('rev-parse', '--short', 'HEAD')}${changes === '' ? '' : '-dirty'}`
}
