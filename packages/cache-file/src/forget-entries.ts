import { readdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { survive } from '@lingpai/core/internal'
import { isEntryName, type State } from './state.js'
import { readTop, removeEntry } from './state-log.js'

/** Maximum number of other entries that one write looks at. */
const mostLooks = 16
/** An entry that cannot be read is looked at again after this time. */
const laterMs = 86_400_000
/** A suspended holder may still commit after its lease has expired. */
const leaseGraceMs = 60_000

/** Removes expired entries. Call it after a write. */
export type ForgetEntries = () => Promise<void>

/** Reads each entry once, and again when it should have expired. Failures are ignored: the next write tries again. */
export function forgetEntries(root: string, now: () => number): ForgetEntries {
  let endings = new Map<string, number>()
  return async () => {
    try {
      const names = (await readdir(root)).filter(isEntryName)
      const known = new Map(names.map((name) => [name, endings.get(name) ?? -Infinity]))
      endings = known
      const due = names.filter((name) => (known.get(name) ?? 0) <= now())
      for (const name of due.slice(0, mostLooks)) known.set(name, await forgetIfEnded(join(root, name), name, now()))
    } catch {
      // The write itself succeeded.
    }
  }
}

/** @returns when to look at the entry again */
async function forgetIfEnded(directory: string, name: string, nowMs: number): Promise<number> {
  const { number, found, isDamaged } = await readTop(directory, name)
  if (isDamaged) return nowMs + laterMs
  if (found === undefined) {
    // Another process may be writing its first state here; the directory is then not empty.
    await rmdir(directory).catch(survive('ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'))
    return nowMs + laterMs
  }
  const endsAtMs = endOf(found.state, nowMs)
  if (endsAtMs <= nowMs) await removeEntry(directory, number)
  return endsAtMs
}

/** When a state has expired: neither its value nor its lease counts any more. */
function endOf({ value, expiresAtMs = Infinity, lease }: State, nowMs: number): number {
  const valueEndsAtMs = value === undefined ? -Infinity : expiresAtMs
  // A lease that ends later than it can was written before the clock was set back.
  if (lease === undefined || lease.untilMs - nowMs > 2 * lease.ttlMs) return valueEndsAtMs
  return Math.max(valueEndsAtMs, lease.untilMs + leaseGraceMs)
}
