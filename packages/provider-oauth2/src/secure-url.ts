import { ConfigError } from '@lingpai/core'

/** Hosts that never leave this machine. */
const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** Parses a URL that secrets are sent to or trusted from. @throws ConfigError unless it is https, or http to this host */
export function secureUrl(where: string, field: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isSecure = url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback.test(url.hostname))
  const isPlain = url !== undefined && url.username + url.password + url.hash === ''
  if (isSecure && isPlain) return url
  throw new ConfigError(
    `${where}: "${field}" must be an https URL without user and fragment; http is for this host only`,
    { field, problem: 'malformed' },
  )
}
