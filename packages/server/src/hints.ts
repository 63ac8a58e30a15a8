import type { ErrorClass, Hint, PlatformCode } from '@lingpai/core'
import type { AnyProvider } from './served-account.js'

/** A hint in the languages of the status page. */
export interface BilingualHint {
  readonly en: string
  readonly zh: string
}

/** What a hint is looked up by. */
export interface HintFacts {
  readonly errorClass?: ErrorClass | undefined
  readonly platformCode?: PlatformCode | undefined
  /** The address that the platform refused. */
  readonly ip?: string | undefined
}

const thisHost: BilingualHint = { en: 'the address of this host', zh: '本机出口 IP' }

/** What the provider advises on a failure, in both languages; `undefined` where it advises nothing. */
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
