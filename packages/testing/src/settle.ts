import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { openLoopbackLine, type LoopbackLine } from './loopback-line.js'

/** Turns of the event loop without any I/O event after which things count as quiet. */
const quietTurns = 4

/** Waiting for quiet is given up after so much real time, and so many turns: somebody keeps the loop busy for ever. */
const longestWaitMs = 2000
const mostTurns = 1000

/** Work that was handed to the system and will come back by itself: files (FSReqPromise, CloseReq), name lookups, connects, writes. */
const requestNames = /Req|(Connect|Write|Shutdown)Wrap$/

/** One line for the process; opened by the first that waits. */
let line: Promise<LoopbackLine> | undefined

/**
 * Waits until promise jobs, file operations and sockets within this process have come to rest, in real time but not for
 * any given time: an HTTP exchange with a server in the same process is over afterwards, unless one side waits for a clock.
 */
export async function settle(): Promise<void> {
  line ??= warmUp().then(openLoopbackLine)
  const loopback = await line
  const patience = patienceOf(performance.now() + longestWaitMs)
  while (!patience.isOver()) {
    const events = await quietTurnsPass(patience)
    loopback.mark()
    while (!loopback.isClear && !patience.isOver()) await patience.turn()
    // The echo itself is two events: one at either end of the line.
    if (eventCount() - events <= 2 && !hasRequests()) return
  }
}

/** Turns of the event loop, counted. A starved machine may spend the time without any turn, so both have to run out. */
interface Patience {
  isOver(): boolean
  turn(): Promise<void>
}

function patienceOf(endMs: number): Patience {
  let turns = 0
  return {
    isOver: () => turns >= mostTurns && performance.now() >= endMs,
    turn: () => {
      turns += 1
      return new Promise((resolve) => setImmediate(resolve))
    },
  }
}

/** Turns the loop until nothing happens any more. @returns the count of events by then */
async function quietTurnsPass(patience: Patience): Promise<number> {
  let events = eventCount()
  for (let quiet = 0; quiet < quietTurns && !patience.isOver();) {
    await patience.turn()
    const seen = eventCount()
    quiet = seen === events && !hasRequests() ? quiet + 1 : 0
    events = seen
  }
  return events
}

/** The first `fetch` of a process compiles its HTTP parser in a thread of which the event loop knows nothing: once, ahead. */
async function warmUp(): Promise<void> {
  const server = createServer((_request, response) => {
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await (await fetch(`http://127.0.0.1:${port}/`)).text()
  server.closeAllConnections()
  server.close()
}

/** How many I/O events the loop has handled so far. */
function eventCount(): number {
  return (performance.nodeTiming as unknown as { uvMetricsInfo: { events: number } }).uvMetricsInfo.events
}

function hasRequests(): boolean {
  return process.getActiveResourcesInfo().some((name) => requestNames.test(name))
}
