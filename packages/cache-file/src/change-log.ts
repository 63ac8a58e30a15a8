import { constants, watch, type FSWatcher } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { CacheChange } from '@lingpai/core'
import { changeMessage, readChange, type FeedWatch, ignore } from '@lingpai/core/internal'

/** A file to which each write of a value adds a line about it, without the value. Its growth shows all processes what was written. */
const logName = 'changes'
const mostLogBytes = 64 * 1024

/** Never follow a link, and never wait for the other end of a pipe. Windows has neither flag. */
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<Record<string, number>>
const appendFlags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | O_NOFOLLOW | O_NONBLOCK
const readFlags = constants.O_RDONLY | O_NOFOLLOW | O_NONBLOCK

/** Signals to all processes that a value was written. Best effort: they also look at the records periodically. */
export async function logChange(root: string, key: string, value: string): Promise<void> {
  const path = join(root, logName)
  try {
    const found = await lstat(path).catch(ignore)
    // Windows can't shorten a file that is open for appending.
    const isFull = found !== undefined && found.size >= mostLogBytes
    const file = await open(path, isFull ? appendFlags | constants.O_TRUNC : appendFlags, 0o600)
    try {
      await file.write(`${changeMessage(key, value)}\n`)
    } finally {
      await file.close()
    }
  } catch {
    // The value is written; only the notification is late.
  }
}

/** Returns a function that gives the writes since its last call; all logged ones the first time. One `lstat` if nothing changed. */
export function loggedChanges(root: string): () => Promise<readonly CacheChange[]> {
  const path = join(root, logName)
  let inode = 0
  let read = 0
  return async () => {
    const found = await lstat(path).catch(ignore)
    if (found?.isFile() !== true || (found.ino === inode && found.size === read)) return []
    // A log that is another file, or shorter, began again.
    const from = found.ino === inode && found.size > read ? read : 0
    const bytes = await readBytes(path, from, Math.min(found.size - from, 2 * mostLogBytes))
    // The last line may still be growing.
    const end = bytes.lastIndexOf('\n') + 1
    inode = found.ino
    read = from + end
    // A line that a crash cut off is skipped, with the one that was added to it.
    return bytes
      .toString('utf8', 0, end)
      .split('\n')
      .flatMap((line) => readChange(line) ?? [])
  }
}

/** Watches the directory of a cache for a longer log. Where the system cannot watch, the log is only looked at periodically. */
export function watchLog(root: string): FeedWatch {
  let watcher: FSWatcher | undefined
  const end = (): void => {
    watcher?.close()
    watcher = undefined
  }
  return {
    begin: (wake) => {
      if (watcher !== undefined) return
      try {
        watcher = watch(root, { persistent: false }, (event, name) => {
          if (name === logName) wake()
          // The directory itself was removed or renamed.
          else if (event === 'rename' && name === basename(root)) end()
        })
        watcher.on('error', end)
      } catch {
        // The directory does not exist, or the system allows no more watches.
      }
    },
    end,
  }
}

async function readBytes(path: string, from: number, length: number): Promise<Buffer> {
  const file = await open(path, readFlags)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
