import {
  ConfigError,
  type ParentProvider,
  type Provider,
  type ProviderOverrides,
  type RenewalSpec,
} from '@lingpai/core'
import type { PlatformKind } from './platform.js'
import { platformKinds } from './platform-kinds.js'

const renewalSeconds = [
  'windowSeconds',
  'overlapSeconds',
  'jitterSeconds',
  'marginSeconds',
  'memorySeconds',
  'minIntervalSeconds',
  'maxLifeSeconds',
  'defaultLifeSeconds',
  'trustSeconds',
] as const

/** Divides every duration of a renewal description by `timeScale`. */
export function scaledRenewal(renewal: Partial<RenewalSpec>, timeScale: number): Partial<RenewalSpec> {
  const scaled: Partial<Record<(typeof renewalSeconds)[number], number>> = {}
  for (const name of renewalSeconds) {
    const seconds = renewal[name]
    if (seconds !== undefined) scaled[name] = seconds / timeScale
  }
  const { attemptsAtSeconds } = renewal
  return {
    ...renewal,
    ...scaled,
    ...(attemptsAtSeconds !== undefined && { attemptsAtSeconds: attemptsAtSeconds.map((at) => at / timeScale) }),
  }
}

/**
 * Returns a provider for a simulator: with its URL and its time.
 *
 * @throws ConfigError for a provider whose platform is not simulated
 */
export function simulatedProvider<C>(provider: Provider<C>, url: string, timeScale: number): Provider<C>
export function simulatedProvider<C>(provider: ParentProvider<C>, url: string, timeScale: number): ParentProvider<C>
export function simulatedProvider<C>(provider: ParentProvider<C>, url: string, timeScale: number): ParentProvider<C> {
  const kind: PlatformKind | undefined = Object.values<PlatformKind>(platformKinds).find(({ providerIds }) =>
    providerIds.includes(provider.id),
  )
  if (kind === undefined) {
    throw new ConfigError(`simulator: provider ${provider.id} has no simulated platform`, {
      field: 'provider',
      problem: 'unknown',
    })
  }
  const { renewal, perCode = {}, parent } = provider.spec
  const scaledCodes = Object.entries(perCode).map(([code, spec]) => {
    const { coolDownSeconds } = spec
    return [code, coolDownSeconds === undefined ? spec : { ...spec, coolDownSeconds: coolDownSeconds / timeScale }]
  })
  const { baseUrl = '', placement, placementAt } = provider.spec
  const here = (base: string): string => `${url}/${kind.name}${kind.prefixes?.[base] ?? ''}`
  const placements = Object.entries(placementAt ?? {}).map(([base, place]) => [here(base), place] as const)
  const overrides: ProviderOverrides<C> = {
    baseUrl: here(baseUrl),
    ...(placementAt && { placementAt: Object.fromEntries([...placements, [here(baseUrl), placement]]) }),
    renewal: scaledRenewal(renewal, timeScale),
    perCode: Object.fromEntries(scaledCodes) as NonNullable<ProviderOverrides['perCode']>,
    ...(parent !== undefined && { parent: simulatedProvider(parent, url, timeScale) }),
  }
  return provider.extend(overrides)
}
