import type { HeldLease } from '../cache/refresh-lease.js'
import type { AccountContext } from '../state/account-context.js'
import { changedRecord, encodeRecord, promptMs, type StoredRecord } from '../token-record.js'
import { lookAtCache } from './read-record.js'
import { isRenewed, isReplaced } from './record-order.js'

/** Under which terms a record is written. */
export interface WriteTerms {
  /** Absent where the store has no leases, or did not answer. */
  readonly lease: HeldLease | undefined
  /** Whether the cache answered at the start of this turn. */
  readonly isUp: boolean
  /** Whether the cache was seen under the lease: nothing else was written since. */
  readonly isSeen: boolean
}

/**
 * What came of a write.
 *
 * - `superseded`: a newer record is in the store
 * - `unwritten`: the store did not take it, or did not say
 */
export type Written = 'written' | 'superseded' | 'unwritten'

/** A record stays in the store this long after its token died: its generation is where the next one counts on from. */
const keptAfterExpiryMs = 7 * 86_400_000

/**
 * Writes a record into the store: fenced by the lease where there is one, which it gives back.
 *
 * @param base the record that memory held when the work on the next one began
 */
export async function writeRecord<C>(
  context: AccountContext<C>,
  { lease, isUp, isSeen }: WriteTerms,
  base: StoredRecord | undefined,
  next: StoredRecord,
): Promise<Written> {
  const { gate, key } = context
  const forgetAtMs = next.expiresAtMs + keptAfterExpiryMs
  if (lease === undefined) {
    if (!isUp) return 'unwritten'
    // Without a lease this is the best there is: look, then write.
    const obstacle = await obstacleTo(context, base)
    if (obstacle !== undefined) return obstacle
    return (await gate.set(key, entryOf(context, next), forgetAtMs)).ok ? 'written' : 'unwritten'
  }
  const wasRenewed = await lease.settle()
  const obstacle = wasRenewed || !isSeen ? await obstacleTo(context, base) : undefined
  if (obstacle !== undefined) {
    await lease.release()
    return obstacle
  }
  const committed = await lease.commit(entryOf(context, next), forgetAtMs)
  if (committed === 'lost') return 'superseded'
  return committed === 'written' ? 'written' : 'unwritten'
}

/** The text of a record. Readers whose clock was set back need to know when a late one was written. */
function entryOf<C>({ gate, fingerprint }: AccountContext<C>, record: StoredRecord): string {
  const nowMs = Math.round(gate.reckonedNowMs())
  const isPrompt = nowMs - record.issuedAtMs <= promptMs
  return encodeRecord(isPrompt ? record : changedRecord(record, { writtenAtMs: nowMs }), fingerprint)
}

/** What a look at the cache says against a write: a newer record, or no response; `undefined` if it still holds `base`. */
async function obstacleTo<C>(
  context: AccountContext<C>,
  base: StoredRecord | undefined,
): Promise<'superseded' | 'unwritten' | undefined> {
  if ((await lookAtCache(context)).kind === 'down') return 'unwritten'
  const { record } = context.state
  if (record === undefined) return undefined
  const isMarkedSince = record.value === base?.value && record.rejectedCode !== base.rejectedCode
  return isMarkedSince || isReplaced(base, record) || isRenewed(record, base) ? 'superseded' : undefined
}
