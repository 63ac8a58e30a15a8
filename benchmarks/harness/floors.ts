import type { ScenarioResult } from './result-file.js'

/** A limit of a measure, for Lingpai's median. */
export interface Floor {
  readonly scenario: string
  readonly measure: string
  readonly atMost?: number
  readonly atLeast?: number
}

/** What a floor says of a result. */
export interface Verdict {
  readonly line: string
  /** `missing`: there is no such figure. */
  readonly kind: 'holds' | 'broken' | 'missing'
}

/** Compares the figures of a contender with floors. */
export function judge(
  floors: readonly Floor[],
  scenarios: Readonly<Record<string, Pick<ScenarioResult, 'measures'>>>,
  contender: string,
): readonly Verdict[] {
  return floors.map(({ scenario, measure, atMost = Infinity, atLeast = -Infinity }) => {
    const rows = scenarios[scenario]?.measures[measure]?.rows
    const value = rows?.find(({ name }) => name === contender)?.median
    const limit = atMost === Infinity ? `at least ${atLeast}` : `at most ${atMost}`
    const line = `${scenario} ${measure}: ${value ?? 'not measured'} (${limit})`
    if (value === undefined) return { line, kind: 'missing' }
    // A figure that is not a number holds nothing.
    return { line, kind: value <= atMost && value >= atLeast ? 'holds' : 'broken' }
  })
}
