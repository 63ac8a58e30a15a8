import { LeaseError } from '../errors.js'
import type { AccountContext } from '../state/account-context.js'
import { pause } from '../time/pause.js'

const firstWaitMs = 25
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
export async function waitForTurn<C>(
  context: AccountContext<C>,
  turn: number,
  endsAtMonotonicMs: number,
): Promise<void> {
  const { clock, closing, upstream } = context
  const leftMs = endsAtMonotonicMs - clock.monotonic()
  if (leftMs <= 0) {
    throw new LeaseError(`${context.spec.id}: another process refreshes this account and did not finish in time`, {
      hint: 'Raise timeoutMs if the platform is slow.',
    })
  }
  const waitMs = Math.min(firstWaitMs * 2 ** Math.min(turn, 10), longestWaitMs) * (0.5 + upstream.random() / 2)
  const wakeable = turn < mostWakes && { wakeable: (wake: () => void) => context.onChange(wake) }
  await pause(clock, Math.min(waitMs, leftMs), { signal: closing.signal, holdsProcess: true, ...wakeable })
}
