import { isUnprotected } from './configuration/base-url.js'
import type { ConfiguredAccount } from './configuration/configuration.js'
import type { FoundSecret } from './read-secret.js'

/** Lists how others can read the secret of an account: in its file, or on the way to the platform. */
export function exposures({ name, provider }: ConfiguredAccount, { exposure }: FoundSecret): readonly string[] {
  const open = openAddressOf(provider)
  return [
    ...(exposure ? [`${name}: ${exposure.text}; ${exposure.action}`] : []),
    ...(open === undefined
      ? []
      : [`${name}: ${open} is not encrypted: others can read the secret on the network; use https`]),
  ]
}

/** Returns the origin of an account whose host is not this one and has no TLS. */
export function openAddressOf({ spec }: ConfiguredAccount['provider']): string | undefined {
  const open = [spec.baseUrl, spec.apiBaseUrl].find((url) => url !== undefined && isUnprotected(url))
  return open === undefined ? undefined : new URL(open).origin
}
