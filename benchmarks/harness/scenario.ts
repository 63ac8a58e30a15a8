/** What a measure means. */
export interface Measure {
  /** `ratio`: to the yardstick of the same process and run. `count`: a number of events, which no machine changes. */
  readonly unit: 'ratio' | 'count' | 'bytes' | 'ms' | 'MiB'
  readonly better: 'higher' | 'lower'
}

/** Why a contender takes no part in a scenario. */
export type LeftOut =
  | 'its-margin-is-longer-than-the-life'
  | 'no-way-to-replace-a-rejected-token'
  | 'one-client-for-each-account'
  | 'no-shared-cache'
  | 'not-a-server'

/** What one run of one contender measured, by measure. */
export type Figures = Readonly<Record<string, number>>

/** Numbers of a scenario that differ between a quick and a full run: seconds, calls, accounts. */
export type Sizes = Readonly<Record<string, number>>

/** Something that is measured for several contenders. */
export interface Scenario {
  readonly name: string
  readonly contenders: readonly string[]
  readonly leftOut: Readonly<Record<string, LeftOut>>
  readonly measures: Readonly<Record<string, Measure>>
  /** Whether all contenders run at the same time, because they mostly wait. */
  readonly isConcurrent?: boolean
  readonly nodeFlags?: readonly string[]
  readonly quick: Sizes & { readonly rounds: number }
  readonly full: Sizes & { readonly rounds: number }
  run(contender: string, sizes: Sizes): Promise<Figures>
}
