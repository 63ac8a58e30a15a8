import { yardstickName } from '../contenders/contenders.js'
import type { Row } from '../harness/result-file.js'

/** Rows that are a limit and not a library. */
export const yardsticks: readonly string[] = [yardstickName]

/** Rows from the best to the worst. */
export function sorted(rows: readonly Row[], better: 'higher' | 'lower'): readonly Row[] {
  return [...rows].sort((one, other) => (better === 'lower' ? one.median - other.median : other.median - one.median))
}
