import type { Provider } from '@lingpai/core'
import type { ProviderManifest, ProviderSettings, ToolEnv } from '@lingpai/core/internal'
import { providerManifests, type AnyCredentials, type ProviderName } from './provider-manifests.js'

export type { ProviderName }

/** Any provider, with its credentials by field. */
export type AnyProvider = Provider<AnyCredentials>

/** A provider as the configuration knows it. */
export interface KnownProvider {
  readonly provider: AnyProvider
  /** Title for people. */
  readonly title: string
  /**
   * Environment variable with another base URL, such as a sandbox or a private deployment; absent if the platform's other accounts have
   * another host.
   */
  readonly baseUrlEnv?: string
  /** Tickets that are derived from the token, by their names in the token server. */
  readonly tickets: Readonly<Record<string, AnyProvider>>
  /** What an account may set beside its credentials. */
  readonly settings?: ProviderSettings<AnyCredentials>
  /** Environment variables that tools of the platform read. */
  readonly toolEnv?: ToolEnv<AnyCredentials>
  /** Whether environment variables define an account of this name without a configuration file. */
  readonly isFromEnv: boolean
  /** Name of the platform in the simulator. */
  readonly simulator?: string
}

/** The values of `provider:` in the configuration. */
export const knownProviders = Object.fromEntries(providerManifests.flatMap(knownOf)) as Readonly<
  Record<ProviderName, KnownProvider>
>

/** All values in the order of the table. */
export const providerNames = Object.keys(knownProviders) as ProviderName[]

/** The accounts that environment variables can define. */
export const namesFromEnv: readonly string[] = providerNames.filter((name) => knownProviders[name].isFromEnv)

/** Returns the secret field of the credentials; each provider of the table has one. */
export function secretFieldOf({ spec }: AnyProvider): string {
  return spec.secrets[0] ?? 'secret'
}

/** The provider of an account: where it sets anything beside its credentials, another one. */
export function providerWith(name: ProviderName, valueOf: (setting: string, env: string) => unknown): AnyProvider {
  const { provider, settings } = knownProviders[name]
  const given = Object.entries(settings?.fields ?? {}).flatMap(([setting, { env }]): [string, string][] => {
    const value = valueOf(setting, env)
    return typeof value === 'string' && value.trim() !== '' ? [[setting, value.trim()]] : []
  })
  return settings === undefined || given.length === 0 ? provider : settings.apply(Object.fromEntries(given))
}

function knownOf({ accounts, baseUrlEnv, simulator }: ProviderManifest<AnyCredentials>): [string, KnownProvider][] {
  const [first] = Object.values(accounts)
  return Object.entries(accounts).map(([name, { provider, title, tickets = {}, settings, toolEnv }], index) => [
    name,
    {
      provider,
      title: `${title.en} (${title.zh})`,
      ...(provider.spec.baseUrl === first?.provider.spec.baseUrl && { baseUrlEnv }),
      tickets: Object.fromEntries(Object.entries(tickets).map(([ticket, { provider: derived }]) => [ticket, derived])),
      ...(settings && { settings }),
      ...(toolEnv && { toolEnv }),
      isFromEnv: index === 0,
      ...(simulator !== undefined && { simulator }),
    },
  ])
}
