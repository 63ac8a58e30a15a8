import { lookAtCache, type AccountContext } from '../state/account-context.js'
import type { HeldLease } from '../cache/refresh-lease.js'
import { changedRecord, encodeRecord, isNewer, isRenewed, promptMs, type StoredRecord } from '../token-record.js'

/** Under which terms a record is written. */
export interface WriteTerms {
  readonly lease: HeldLease | 'unavailable'
  /** Whether the cache answered at the start of this turn. */
  readonly isUp: boolean
}

/** A record stays in the store this long after its token died: its generation is where the next one counts on from. */
const keptAfterExpiryMs = 7 * 86_400_000

/** @returns Whether the record is in the store; `superseded` when a newer one is. */
export async function writeRecord<C>(
  context: AccountContext<C>,
  { lease, isUp }: WriteTerms,
  base: StoredRecord | undefined,
  next: StoredRecord,
): Promise<boolean | 'superseded'> {
  const { gate, key } = context
  const forgetAtMs = next.expiresAtMs + keptAfterExpiryMs
  if (lease === 'unavailable') {
    if (!isUp) return false
    // Without a lease this is the best there is: look, then write.
    const replaced = await isReplaced(context, base)
    if (replaced !== false) return replaced === true ? 'superseded' : false
    return (await gate.set(key, entryOf(context, next), forgetAtMs)).ok
  }
  const replaced = (await lease.settle()) ? await isReplaced(context, base) : false
  if (replaced !== false) {
    await lease.release()
    return replaced === true ? 'superseded' : false
  }
  const written = await lease.commit(entryOf(context, next), forgetAtMs)
  if (written === false) return 'superseded'
  return written === true
}

/** The text of a record. Readers whose clock was set back have to know when a late one was written. */
function entryOf<C>({ gate }: AccountContext<C>, record: StoredRecord): string {
  const nowMs = Math.round(gate.reckonedNowMs())
  return encodeRecord(nowMs - record.issuedAtMs <= promptMs ? record : changedRecord(record, { writtenAtMs: nowMs }))
}

/** Whether the cache holds a newer record than the one that the work began with; `'unknown'` when it does not say. */
async function isReplaced<C>(context: AccountContext<C>, base: StoredRecord | undefined): Promise<boolean | 'unknown'> {
  if ((await lookAtCache(context)) === 'down') return 'unknown'
  const { record } = context.cell
  if (record === undefined) return false
  const isMarkedSince = record.value === base?.value && record.rejectedCode !== base.rejectedCode
  return isMarkedSince || isNewer(record, base) || isRenewed(record, base)
}
