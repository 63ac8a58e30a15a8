import { judge } from '../harness/floors.js'
import type { ScenarioResult } from '../harness/result-file.js'
import { median, spreadOf } from '../harness/statistics.js'

function resultOf(value: number): Pick<ScenarioResult, 'measures'> {
  const rows = [{ name: 'Lingpai', ...spreadOf([value]) }]
  return { measures: { requests: { unit: 'count', better: 'lower', rows } } }
}

describe('floors of the benchmarks', () => {
  const floors = [{ scenario: 'cold-storm', measure: 'requests', atMost: 1 }]

  test.each<[string, Readonly<Record<string, Pick<ScenarioResult, 'measures'>>>]>([
    ['holds', { 'cold-storm': resultOf(1) }],
    ['broken', { 'cold-storm': resultOf(2) }],
    ['broken', { 'cold-storm': resultOf(Number.NaN) }],
    ['missing', { 'cold-storm': { measures: {} } }],
    ['missing', {}],
  ])('a floor %s for the results %j', (kind, scenarios) => {
    const verdicts = judge(floors, scenarios, 'Lingpai')
    expect(verdicts.map((verdict) => verdict.kind)).toEqual([kind])
  })
})

test.each([
  [[3, 1, 2], 2],
  [[0.8655, 0.8924], 0.87895],
  [[4, 1, 3, 2], 2.5],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBeCloseTo(expected, 10)
})
