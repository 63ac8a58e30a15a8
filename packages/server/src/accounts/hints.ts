import type { ErrorClass, Hint, PlatformCode } from '@lingpai/core'
import type { AnyProvider } from './served-account.js'

/** A hint in both languages of the status page. */
export interface BilingualHint {
  readonly en: string
  readonly zh: string
}

/** What selects and completes a hint. */
export interface HintFacts {
  readonly errorClass?: ErrorClass | undefined
  readonly platformCode?: PlatformCode | undefined
  /** The address that the platform denied. */
  readonly ip?: string | undefined
}

const thisHost: BilingualHint = { en: 'the address of this host', zh: '本机出口 IP' }

/** Returns the provider's hint for a failure in both languages; `undefined` if it has none. */
export function bilingualHint(
  { spec }: AnyProvider,
  { errorClass, platformCode, ip }: HintFacts,
): BilingualHint | undefined {
  const hints: Readonly<Record<string, Hint>> = spec.hints ?? {}
  const key = [platformCode, errorClass].find((name) => name !== undefined && Object.hasOwn(hints, name))
  const hint = key === undefined ? undefined : hints[key]
  if (hint === undefined) return undefined
  const both = typeof hint === 'string' ? { en: hint, zh: hint } : hint
  return { en: withIp(both.en, ip ?? thisHost.en), zh: withIp(both.zh, ip ?? thisHost.zh) }
}

function withIp(text: string, ip: string): string {
  return text.replaceAll('{ip}', () => ip)
}
