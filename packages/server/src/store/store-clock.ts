import type { Clock, IAccessTokenCache, Timer } from '@lingpai/core'
import { withDeadline } from './with-deadline.js'

/** The clock of the records: the store's clock if it has one, otherwise this host's. */
export interface StoreClock {
  /** Unix milliseconds. */
  nowMs(): number
  /** Stops reading the store's clock. */
  close(): void
}

const intervalMs = 60_000
/** A slower response is dropped, because the store read its clock at an unknown moment in between. */
const slowMs = 1000

/** Reads the store's clock once a minute, so that remaining lifetimes do not depend on this host's clock. */
export function storeClock({ nowMs: readNowMs }: Pick<IAccessTokenCache, 'nowMs'>, clock: Clock): StoreClock {
  if (readNowMs === undefined) return { nowMs: clock.now, close: () => undefined }
  let offsetMs: number | undefined
  let timer: Timer | undefined
  let isClosed = false
  const read = async (): Promise<void> => {
    const nowMs = await withDeadline(clock, slowMs, Promise.resolve().then(readNowMs)).catch(() => undefined)
    if (nowMs !== undefined) offsetMs = nowMs - clock.monotonic()
    if (!isClosed) timer = clock.setTimer(() => void read(), intervalMs)
  }
  void read()
  return {
    nowMs: () => (offsetMs === undefined ? clock.now() : clock.monotonic() + offsetMs),
    close: () => {
      isClosed = true
      timer?.cancel()
    },
  }
}
