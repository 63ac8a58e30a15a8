import { LeaseError } from '../errors.js'
import type { AccountContext } from '../state/account-context.js'
import { pause } from '../time/pause.js'

const shortestWaitMs = 25
const longestWaitMs = 250
/**
 * A flood of changes must not make each wait a look at the store. A refresh that finishes in time takes fewer turns.
 */
const mostWakes = 32

/**
 * Waits until the lease may be free: a short time with jitter, and less where the cache reports a write.
 *
 * @throws LeaseError once the refresh has no time left
 */
export async function waitForLease<C>(
  context: AccountContext<C>,
  attempts: number,
  endsAtMonotonicMs: number,
): Promise<void> {
  const { clock, closing, upstream, timeoutMs } = context
  const leftMs = endsAtMonotonicMs - clock.monotonic()
  if (leftMs <= 0) {
    throw new LeaseError(`${context.spec.id}: another process refreshes this account and did not finish in time`, {
      hint: 'Raise timeoutMs if the platform is slow.',
    })
  }
  // A quarter of the time so far: a caller gets the token at most that much after it came.
  const wantedMs = Math.min(Math.max((timeoutMs - leftMs) / 4, shortestWaitMs), longestWaitMs)
  const waitMs = wantedMs * (0.5 + upstream.random() / 2)
  const wakeable = attempts < mostWakes && { wakeable: (wake: () => void) => context.onChange(wake) }
  await pause(clock, Math.min(waitMs, leftMs), { signal: closing.signal, holdsProcess: true, ...wakeable })
}
