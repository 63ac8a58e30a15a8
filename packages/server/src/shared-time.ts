import type { Clock, IAccessTokenCache, Timer } from '@lingpai/core'
import { withDeadline } from './with-deadline.js'

/** The clock that records are written on: the store's where it has one, else this host's. */
export interface SharedTime {
  /** Unix milliseconds. */
  nowMs(): number
  /** Stops asking. */
  close(): void
}

const betweenQuestionsMs = 60_000
/** An answer that took longer tells of some moment in between. */
const slowMs = 1000

/** Asks the store now and then, so that the life that is told does not hang on how this host's clock is set. */
export function sharedTime({ nowMs: ask }: Pick<IAccessTokenCache, 'nowMs'>, clock: Clock): SharedTime {
  if (ask === undefined) return { nowMs: clock.now, close: () => undefined }
  let offsetMs: number | undefined
  let timer: Timer | undefined
  let isClosed = false
  const learn = async (): Promise<void> => {
    const told = await withDeadline(clock, slowMs, Promise.resolve().then(ask)).catch(() => undefined)
    if (told !== undefined) offsetMs = told - clock.monotonic()
    if (!isClosed) timer = clock.setTimer(() => void learn(), betweenQuestionsMs)
  }
  void learn()
  return {
    nowMs: () => (offsetMs === undefined ? clock.now() : clock.monotonic() + offsetMs),
    close: () => {
      isClosed = true
      timer?.cancel()
    },
  }
}
