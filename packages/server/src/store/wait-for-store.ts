import { systemClock, type IAccessTokenCache } from '@lingpai/core'
import { withDeadline } from './with-deadline.js'

const longestMs = 5000
const tryMs = 1000
const pauseMs = 50

/**
 * Waits until the store responds, at most 5 s. A starting process is busy, so its first connection to the store may time out; a token
 * that is requested before the store responds would be refreshed without a lease.
 */
export async function waitForStore(cache: Pick<IAccessTokenCache, 'get'>): Promise<void> {
  const clock = systemClock
  const endsAtMs = clock.monotonic() + longestMs
  const isUp = (): Promise<boolean> =>
    withDeadline(
      clock,
      tryMs,
      Promise.resolve().then(() => cache.get('lingpai:ready:1')),
    ).then(
      () => true,
      () => false,
    )
  while (!(await isUp()) && clock.monotonic() < endsAtMs)
    await new Promise<void>((resolve) => clock.setTimer(resolve, pauseMs, { holdsProcess: true }))
}
