import { stat } from 'node:fs/promises'
import type { Clock, Timer } from '@lingpai/core'

/** How soon a change is seen. */
const lookMs = 500

/**
 * Tells that a file is another one or holds something else. It looks every half second rather than waiting for the system to tell:
 * mounted secrets are exchanged behind a link, and network file systems tell nothing.
 *
 * @returns Ends the watching.
 */
export function watchFile(path: string, clock: Clock, onChange: () => void): () => void {
  let seen: string | undefined
  let timer: Timer | undefined
  let isEnded = false
  const look = async (): Promise<void> => {
    const mark = await markOf(path)
    if (isEnded) return
    if (mark !== undefined) {
      if (seen !== undefined && mark !== seen) onChange()
      seen = mark
    }
    timer = clock.setTimer(() => void look(), lookMs)
  }
  void look()
  return () => {
    isEnded = true
    timer?.cancel()
  }
}

/** Many editors empty a file before they write it: one without content is not there yet. */
async function markOf(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(path)
    if (size === 0) return undefined
    return [ino, size, mtimeMs, ctimeMs].join()
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}
