import { constants } from 'node:fs'
import { lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isEntryName } from './state.js'
import { readTop } from './state-log.js'
import { ignore, survive } from './system-error.js'

/** A file that grows by a byte with each write of a value. A look at its size shows whether any value was written. */
const markName = 'changes'
const mostMarkBytes = 64 * 1024

/** Never follow a link, and never wait for the other end of a pipe. Windows has neither flag. */
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<Record<string, number>>
const markFlags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | O_NOFOLLOW | O_NONBLOCK

/** Signals to all processes that a value was written. Best effort: they also look at the records periodically. */
export async function markChange(root: string): Promise<void> {
  try {
    const file = await open(join(root, markName), markFlags, 0o600)
    try {
      if ((await file.stat()).size >= mostMarkBytes) await file.truncate()
      await file.write('.')
    } finally {
      await file.close()
    }
  } catch {
    // The value is written; only the notification is late.
  }
}

interface SeenEntry {
  readonly number: number
  readonly writeId: string
}

/** Returns a function that gives the keys written since its last call; all keys the first time. One `lstat` if nothing changed. */
export function changedKeys(root: string): () => Promise<readonly string[]> {
  let seenMark = ''
  let seen = new Map<string, SeenEntry>()
  return async () => {
    const mark = await markAt(root)
    if (mark === seenMark) return []
    seenMark = mark
    const known = new Map<string, SeenEntry>()
    const keys: string[] = []
    for (const name of (await readdir(root).catch(survive('ENOENT'))) ?? []) {
      if (!isEntryName(name)) continue
      const before = seen.get(name)
      const { number, found } = await readTop(join(root, name), name)
      if (found === undefined) continue
      const { key, state } = found
      known.set(name, { number, writeId: state.writeId })
      if (key !== undefined && state.value !== undefined && state.writeId !== before?.writeId) keys.push(key)
    }
    seen = known
    return keys
  }
}

async function markAt(root: string): Promise<string> {
  const found = await lstat(join(root, markName), { bigint: true }).catch(ignore)
  return found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeNs}`
}
