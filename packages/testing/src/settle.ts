import { performance } from 'node:perf_hooks'
import { openLoopbackLine, type LoopbackLine } from './loopback-line.js'

/** Turns of the event loop without any I/O event after which things count as quiet. */
const quietTurns = 4

/** Real milliseconds after which waiting for quiet is given up: somebody keeps the loop busy for ever. */
const longestWaitMs = 2000

/** Work that was handed to the system and will come back by itself: files (FSReqPromise, CloseReq), name lookups, connects, writes. */
const requestNames = /Req|(Connect|Write|Shutdown)Wrap$/

/** One line for the process; opened by the first that waits. */
let line: Promise<LoopbackLine> | undefined

/**
 * Waits until promise jobs, file operations and sockets within this process have come to rest, in real time but not for
 * any given time: an HTTP exchange with a server in the same process is over afterwards, unless one side waits for a clock.
 */
export async function settle(): Promise<void> {
  line ??= openLoopbackLine()
  const loopback = await line
  const endMs = performance.now() + longestWaitMs
  let isBusy = true
  while (isBusy && performance.now() < endMs) {
    const events = await quietTurnsPass(endMs)
    loopback.mark()
    while (!loopback.isClear && performance.now() < endMs) await turn()
    // The echo itself is two events: one at either end of the line.
    isBusy = eventCount() - events > 2 || hasRequests()
  }
}

/** Turns the loop until nothing happens any more. @returns the count of events by then */
async function quietTurnsPass(endMs: number): Promise<number> {
  let events = eventCount()
  for (let quiet = 0; quiet < quietTurns && performance.now() < endMs;) {
    await turn()
    const seen = eventCount()
    quiet = seen === events && !hasRequests() ? quiet + 1 : 0
    events = seen
  }
  return events
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** How many I/O events the loop has handled so far. */
function eventCount(): number {
  return (performance.nodeTiming as unknown as { uvMetricsInfo: { events: number } }).uvMetricsInfo.events
}

function hasRequests(): boolean {
  return process.getActiveResourcesInfo().some((name) => requestNames.test(name))
}
