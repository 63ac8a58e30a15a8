import { stat } from 'node:fs/promises'
import type { Clock, Timer } from '@lingpai/core'

/** Polling interval. */
const lookMs = 500

/**
 * Watches a file for changes of its content or identity. It polls, because file events miss mounted secrets, which are replaced
 * behind a link, and do not exist on network file systems.
 *
 * @returns stops watching
 *
 * @example
 * ```ts
 * import { systemClock } from '@lingpai/core'
 * import { watchFile } from '@lingpai/server'
 *
 * const stop = watchFile('lingpai.yaml', systemClock, () => {
 *   process.stdout.write('the configuration has changed\n')
 * })
 * stop()
 * ```
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

/** Many editors truncate a file before they write it, so an empty file counts as not written yet. */
async function markOf(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(path)
    if (size === 0) return undefined
    return [ino, size, mtimeMs, ctimeMs].join()
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}
