import { abortable } from '../time/abortable.js'
import { readCache, type AccountContext } from '../state/account-context.js'
import { isRejected } from '../state/account-state.js'
import { isLingpaiError } from '../errors.js'
import { isCoolingDown } from './cool-down.js'
import { joinFlight } from './refresh.js'
import { isAnswerOverdue, readiness } from '../state/freshness.js'
import type { StoredRecord } from '../token-record.js'
import { writeBackIfAlive } from '../record/deferred-write.js'
import { momentOf, msSince, timeLeftMs } from '../time/moment.js'

/** Callers look at the cache at most this often outside of a refresh. */
const betweenLooksMs = 1000

/** The record that memory can serve now, if any; what it needs behind that is begun. */
export async function recordAtHand<C>(
  context: AccountContext<C>,
  minLifeMs: number,
  signal: AbortSignal | undefined,
): Promise<StoredRecord | undefined> {
  let state = readiness(context, minLifeMs)
  if (state === 'unsure') {
    await abortable(makeSure(context), signal)
    state = readiness(context, minLifeMs)
    // The store does not answer: what memory holds is the best that anybody knows.
    if (state === 'unsure') state = 'unseen'
  }
  if (state === 'due') renewBehind(context)
  if (state === 'unseen') void lookOnce(context)
  if (state !== 'unusable') return context.cell.record
  // Nobody may ask just now, so the last moments of a living token are all there is.
  return isCoolingDown(context) && isAlive(context, minLifeMs) ? context.cell.record : undefined
}

/** The old token, if it lives although it could not be renewed. */
export function staleRecord<C>(
  context: AccountContext<C>,
  minLifeMs: number,
  error: unknown,
): StoredRecord | undefined {
  const { record } = context.cell
  if (record === undefined || !isAlive(context, minLifeMs) || !isLingpaiError(error)) return undefined
  context.emit('served-stale', { generation: record.generation, expiresAtMs: record.expiresAtMs, error })
  return record
}

/** One look at the cache for all who want one; at most one a second. */
export async function lookOnce<C>(context: AccountContext<C>): Promise<void> {
  const { cell, clock } = context
  if (msSince(cell.lookedAt, clock) < betweenLooksMs) return cell.look
  cell.lookedAt = momentOf(clock)
  cell.look = readCache(context).then((found) => {
    // The count of a record that others wrote since is not lower.
    const isLost = typeof found === 'string' ? found === 'missing' : found.generation < (cell.record?.generation ?? 0)
    if (isLost) writeBackIfAlive(context)
  })
  await cell.look
}

/** What this process has asked upstream for, the store cannot know of before. */
async function makeSure<C>(context: AccountContext<C>): Promise<void> {
  if (isAnswerOverdue(context)) await context.cell.asking?.over
  if (readiness(context, 0) === 'unsure') await lookOnce(context)
}

/** Refreshes ahead without anybody waiting; its failure is an event. */
function renewBehind<C>(context: AccountContext<C>): void {
  if (context.cell.flight !== undefined || isCoolingDown(context)) return
  if (context.isReadonly) void lookOnce(context)
  else joinFlight(context, { reason: 'ahead', minLifeMs: 0 }).promise.catch(() => undefined)
}

/** Whether the record in memory lives, be it short of its margin. */
function isAlive<C>({ cell, clock }: AccountContext<C>, minLifeMs: number): boolean {
  return cell.times !== undefined && !isRejected(cell) && timeLeftMs(cell.times.expiry, clock) > minLifeMs
}
