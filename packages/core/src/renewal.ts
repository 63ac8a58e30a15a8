import type { RenewalSpec, ResolvedRenewal } from './provider.js'

const dayMs = 86_400_000

/** Fills the gaps of a renewal description by its mode. */
export function resolveRenewal(spec: RenewalSpec): ResolvedRenewal {
  const windowSeconds = spec.windowSeconds ?? 0
  const attemptsAtSeconds = spec.attemptsAtSeconds ?? defaultAttempts(spec.mode, windowSeconds)
  return {
    windowSeconds,
    overlapSeconds: windowSeconds,
    jitterSeconds: (attemptsAtSeconds[0] ?? 0) / 6,
    marginSeconds: 10,
    memorySeconds: spec.mode === 'rotate' ? 60 : Infinity,
    minIntervalSeconds: 2,
    maxLifeSeconds: (30 * dayMs) / 1000,
    ...spec,
    attemptsAtSeconds,
  }
}

function defaultAttempts(mode: RenewalSpec['mode'], windowSeconds: number): readonly number[] {
  if (mode === 'independent') return [60]
  if (mode !== 'sticky') return [600]
  return windowSeconds > 0 ? [5 / 6, 2 / 3, 1 / 3].map((part) => part * windowSeconds) : [300, 10]
}
