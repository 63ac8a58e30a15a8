import type { LeftOut, Measure } from './scenario.js'
import type { Spread } from './statistics.js'

/** The figures of a contender for one measure. */
export interface Row extends Spread {
  readonly name: string
}

/** The result of a scenario. */
export interface ScenarioResult {
  readonly commit: string
  readonly mode: 'quick' | 'full'
  readonly sizes: Readonly<Record<string, number>>
  readonly leftOut: Readonly<Record<string, LeftOut>>
  readonly measures: Readonly<Record<string, Measure & { readonly rows: readonly Row[] }>>
}

/** The machine of a run. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
}

/** The JSON file from which the pages are generated. */
export interface ResultFile {
  readonly machine: Machine
  readonly versions: Readonly<Record<string, string>>
  readonly scenarios: Readonly<Record<string, ScenarioResult>>
}
