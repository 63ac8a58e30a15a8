import type { Journal } from './journal.js'
import { judgeDeadCalls } from './judge-dead-calls.js'
import { judgeMemory } from './judge-memory.js'
import { judgeRequests } from './judge-requests.js'
import type { RunTimes } from './run-times.js'
import type { Verdict } from './verdict.js'

/** Checks the journal of a run. */
export function judge(journal: Journal, times: RunTimes): Verdict {
  const judged = [
    judgeRequests(journal, times),
    judgeDeadCalls(journal),
    judgeErrors(journal),
    judgeMemory(journal, times),
  ]
  return { lines: judged.flatMap(({ lines }) => lines), broken: judged.flatMap(({ broken }) => broken) }
}

function judgeErrors({ unhandled }: Journal): Verdict {
  return {
    lines: [`unhandled rejections and processes that ended by themselves: ${unhandled.length}`],
    broken: unhandled.map((text) => ({ text })),
  }
}
