import { isUnprotected } from './configuration/base-url.js'
import type { ConfiguredAccount } from './configuration/configuration.js'
import { looseness } from './private-file.js'
import type { FoundSecret } from './read-secret.js'

/** How others can get at the secret of an account: by its file, and on the way to the platform. */
export function exposures({ name, provider }: ConfiguredAccount, { file }: FoundSecret): readonly string[] {
  const readable = file && looseness(file)
  const open = openAddressOf(provider)
  return [
    ...(file && readable !== undefined ? [`${name}: ${readable}; chmod 600 ${file.path}`] : []),
    ...(open === undefined ? [] : [`${name}: ${open} is not encrypted: the secret can be read on the way; use https`]),
  ]
}

/** The origin of an account that is reached without TLS, beyond this host. */
export function openAddressOf({ spec }: ConfiguredAccount['provider']): string | undefined {
  const open = [spec.baseUrl, spec.apiBaseUrl].find((url) => url !== undefined && isUnprotected(url))
  return open === undefined ? undefined : new URL(open).origin
}
