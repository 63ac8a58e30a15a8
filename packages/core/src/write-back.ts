import { lookAtCache, type AccountContext } from './account-context.js'
import { hasCome, isRejected } from './cell.js'
import { takeLease } from './lease.js'
import { writeRecord } from './write-record.js'

/** A store that came back is found within this time, so that sharing resumes within ten seconds. */
const betweenTriesMs = 4000

/** Brings a record that could not be written into the cache once it answers again, if it is still the newest. */
export function scheduleWriteBack<C>(context: AccountContext<C>): void {
  const { clock, closing, cell } = context
  const timer = clock.setTimer(
    () => {
      closing.removeEventListener('abort', stop)
      void writeBack(context).then((isDone) => {
        if (!isDone && !closing.aborted) scheduleWriteBack(context)
      })
    },
    betweenTriesMs * (1 + context.spread / 4),
  )
  const stop = (): void => {
    timer.cancel()
    cell.isUnwritten = false
  }
  closing.addEventListener('abort', stop, { once: true })
}

/** The store has lost a record that lives on here: it gets it back. */
export function writeBackIfAlive<C>(context: AccountContext<C>): void {
  const { cell, clock, isReadonly } = context
  if (
    isReadonly ||
    cell.isUnwritten ||
    cell.times === undefined ||
    isRejected(cell) ||
    hasCome(cell.times.deadline, clock)
  )
    return
  cell.isUnwritten = true
  scheduleWriteBack(context)
}

/** @returns Whether nothing is left to be written. */
async function writeBack<C>(context: AccountContext<C>): Promise<boolean> {
  const { cell, gate, clock, key } = context
  const unwritten = cell.record
  if (!cell.isUnwritten || unwritten === undefined) return true
  // What a refresh under way brings is the one to write.
  if (cell.flight !== undefined) return false
  if ((await lookAtCache(context)) === 'down') return false
  const lease = await takeLease(gate, clock, key)
  if (lease === 'busy' || lease === 'unknown') return false
  if (lease !== 'unavailable') await lookAtCache(context)
  if (cell.record !== unwritten) {
    // A newer one was there; it is in memory now.
    cell.isUnwritten = false
    if (lease !== 'unavailable') await lease.release()
    return true
  }
  const written = await writeRecord(context, { lease, isUp: true }, unwritten, unwritten)
  if (written !== false) cell.isUnwritten = false
  return written !== false
}
