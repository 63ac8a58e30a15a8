import { isUnprotected } from './configuration/base-url.js'
import type { ConfiguredAccount } from './configuration/configuration.js'
import type { FoundSecret } from './read-secret.js'

/** How others can get at the secret of an account: by its file, and on the way to the platform. */
export function exposures({ name, provider }: ConfiguredAccount, { exposure }: FoundSecret): readonly string[] {
  const open = openAddressOf(provider)
  return [
    ...(exposure ? [`${name}: ${exposure.text}; ${exposure.action}`] : []),
    ...(open === undefined ? [] : [`${name}: ${open} is not encrypted: the secret can be read on the way; use https`]),
  ]
}

/** The origin of an account that is reached without TLS, beyond this host. */
export function openAddressOf({ spec }: ConfiguredAccount['provider']): string | undefined {
  const open = [spec.baseUrl, spec.apiBaseUrl].find((url) => url !== undefined && isUnprotected(url))
  return open === undefined ? undefined : new URL(open).origin
}
