import { performance } from 'node:perf_hooks'

/** Turns of the event loop without any I/O event after which things count as quiet. */
const quietTurns = 6

/** Real milliseconds after which waiting for quiet is given up: somebody keeps the loop busy for ever. */
const longestWaitMs = 1000

/** Work that was handed to the system and will come back by itself: files (FSReqPromise, CloseReq), name lookups, connects, writes. */
const requestNames = /Req|(Connect|Write|Shutdown)Wrap$/

/**
 * Waits until promise jobs, file operations and sockets within this process have come to rest, in real time but not for
 * any given time: an HTTP exchange with a server in the same process is over afterwards, unless one side waits for a clock.
 */
export async function settle(): Promise<void> {
  const endMs = performance.now() + longestWaitMs
  let events = eventCount()
  for (let quiet = 0; quiet < quietTurns && performance.now() < endMs;) {
    await new Promise<void>((resolve) => setImmediate(resolve))
    const seen = eventCount()
    quiet = seen === events && !hasRequests() ? quiet + 1 : 0
    events = seen
  }
}

/** How many I/O events the loop has handled so far. */
function eventCount(): number {
  return (performance.nodeTiming as unknown as { uvMetricsInfo: { events: number } }).uvMetricsInfo.events
}

function hasRequests(): boolean {
  return process.getActiveResourcesInfo().some((name) => requestNames.test(name))
}
