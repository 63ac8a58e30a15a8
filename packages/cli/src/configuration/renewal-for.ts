import { renewalModes } from '@lingpai/core/internal'
import type { AnyProvider } from '../known-providers.js'

/** The jitter of attempts, so that processes do not send requests at the same time. */
const jitterSeconds = 60

/**
 * Returns the provider with an earlier renewal, so that its tokens always have this much left; `undefined` if the platform repeats
 * its token until shortly before it expires.
 */
export function renewedBefore(provider: AnyProvider, minLifeSeconds: number): AnyProvider | undefined {
  const { mode, attemptsAtSeconds } = provider.spec.renewal
  if (renewalModes[mode].repeats) return undefined
  const first = minLifeSeconds + 2 * jitterSeconds
  const later = attemptsAtSeconds.filter((seconds) => seconds < first)
  return provider.extend({ renewal: { attemptsAtSeconds: [first, ...later], jitterSeconds } })
}
