import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { openLoopbackLine, type LoopbackLine } from './loopback-line.js'

/** After this many turns of the event loop without an I/O event, the process counts as settled. */
const quietTurns = 4

/** Maximum real time, together with a number of turns, before giving up on an event loop that never becomes quiet. */
const longestWaitMs = 2000
const mostTurns = 1000

/** Work that the system will complete by itself: files (FSReqPromise, CloseReq), name lookups, connects, writes. */
const requestNames = /Req|(Connect|Write|Shutdown)Wrap$/

/** One line per process, opened by the first wait. */
let line: Promise<LoopbackLine> | undefined

/**
 * Waits until promise jobs, file operations and sockets within this process have settled, in real time but without a fixed delay. An
 * HTTP exchange with a server in the same process is complete afterwards, unless one side waits for a clock.
 */
export async function settle(): Promise<void> {
  line ??= warmUp().then(openLoopbackLine)
  const loopback = await line
  const patience = patienceOf(performance.now() + longestWaitMs)
  while (!patience.isOver()) {
    const events = await quietTurnsPass(patience)
    loopback.mark()
    while (!loopback.isClear && !patience.isOver()) await patience.turn()
    // The echo itself is two events, one at each end of the line.
    if (eventCount() - events <= 2 && !hasRequests()) return
  }
}

/** Counts turns of the event loop. A starved machine may spend the time without a turn, so both limits must be exceeded. */
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

/** Turns the loop until no I/O event happens. @returns the number of events so far */
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

/** The first `fetch` of a process compiles its HTTP parser in a thread that the event loop does not see, so it is run once ahead. */
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

/** Number of I/O events that the loop has handled. */
function eventCount(): number {
  return (performance.nodeTiming as unknown as { uvMetricsInfo: { events: number } }).uvMetricsInfo.events
}

function hasRequests(): boolean {
  return process.getActiveResourcesInfo().some((name) => requestNames.test(name))
}
