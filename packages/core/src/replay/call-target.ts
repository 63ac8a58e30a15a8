import { resolveUrl } from '../provider/build-request.js'
import { isRequest } from './fetch-call.js'
import { ConfigError } from '../errors.js'
import type { ResolvedSpec } from '../provider.js'

/**
 * Returns the URL of an API call, if the token may be sent there. Origins are compared, including the scheme. @throws
 * ConfigError
 */
export function callTarget<C>(spec: ResolvedSpec<C>, origins: readonly string[], input: string | URL | Request): URL {
  const { id, apiBaseUrl, baseUrl } = spec
  const base = apiBaseUrl ?? baseUrl
  const text = isRequest(input) ? input.url : String(input)
  const url = text.startsWith('/')
    ? resolveUrl({ id, rebased: false, ...(base !== undefined && { baseUrl: base }) }, text)
    : text
  if (!URL.canParse(url)) {
    throw new ConfigError(`${id}: fetch: "input" must be an absolute URL or a path that starts with /`, {
      field: 'input',
      problem: 'malformed',
    })
  }
  const target = new URL(url)
  if (!origins.includes(target.origin)) throw notAnOrigin(id, target, origins)
  return target
}

function notAnOrigin(id: string, target: URL, origins: readonly string[]): ConfigError {
  const place = `${target.protocol}//${target.host}`
  const secure = `https://${target.host}`
  const hint = origins.includes(secure)
    ? `Call ${secure} instead: the token is not sent unencrypted.`
    : `If it belongs to the platform, create the provider with extend({ apiOrigins: ['${place}'] }).`
  return new ConfigError(
    `${id}: ${place} is not an origin of this provider, so the token is not sent there`,
    { field: 'input', problem: 'conflict' },
    /^https?:$/.test(target.protocol) ? { hint } : {},
  )
}
