import { systemClock, type IAccessTokenCache } from '@lingpai/core'
import { withDeadline } from './with-deadline.js'

const longestMs = 5000
const tryMs = 1000
const pauseMs = 50

/**
 * Waits until the store answers, for a while. A process that starts is busy, and may find that its connection to the store took too
 * long; whoever asks for a token before there is another one asks upstream without a lease.
 */
export async function firstAnswer(cache: Pick<IAccessTokenCache, 'get'>): Promise<void> {
  const clock = systemClock
  const endsAtMs = clock.monotonic() + longestMs
  const isThere = (): Promise<boolean> =>
    withDeadline(
      clock,
      tryMs,
      Promise.resolve().then(() => cache.get('lingpai:ready:1')),
    ).then(
      () => true,
      () => false,
    )
  while (!(await isThere()) && clock.monotonic() < endsAtMs)
    await new Promise<void>((resolve) => clock.setTimer(resolve, pauseMs, { holdsProcess: true }))
}
