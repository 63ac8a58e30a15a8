import type { AnyProvider } from '../known-providers.js'

/** What is taken off the attempt at random, so that processes do not ask together. */
const jitterSeconds = 60

/**
 * The provider, its tokens renewed before they live shorter than this; `undefined` where the platform repeats its token until
 * shortly before its end.
 */
export function renewedBefore(provider: AnyProvider, minLifeSeconds: number): AnyProvider | undefined {
  const { mode, attemptsAtSeconds } = provider.spec.renewal
  if (mode === 'sticky') return undefined
  const first = minLifeSeconds + 2 * jitterSeconds
  const later = attemptsAtSeconds.filter((seconds) => seconds < first)
  return provider.extend({ renewal: { attemptsAtSeconds: [first, ...later], jitterSeconds } })
}
