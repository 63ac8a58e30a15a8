import { defineProvider, type Provider, type ResponseSpec, type Secret } from '@lingpai/core'
import { configErrors, hashOf } from '@lingpai/core/internal'
import { errorTables, hints, perCode } from './error-codes.js'
import type { OAuth2Credentials, OAuth2KeyCredentials, OAuth2Options } from './options.js'
import { secureUrl } from './secure-url.js'
import { filledUrl, isWholeUrl, planOf, tokenRequest, type TokenRequestPlan } from './token-request.js'

/** RFC 6749 §5.1 and §5.2, RFC 6750 §3. */
const response: ResponseSpec = {
  token: 'access_token',
  expiresIn: 'expires_in',
  code: ['error'],
  message: 'error_description',
  challenge: 'Bearer',
}

type AnyCredentials = Readonly<Record<string, Secret>>

/** Credentials of a server whose token endpoint needs more of them, such as a tenant. */
type With<Credentials, Field extends string> = Credentials & { readonly [K in Field]: string }

/**
 * A provider for the access tokens of any OAuth 2 authorization server that a program gets for itself: client credentials, or another
 * grant without a person.
 *
 * Everything that makes a token another one is part of the account: the token endpoint, the client, grant type, scope, audience,
 * resource and all parameters. Two sources that differ in one of them never share a token. Earlier tokens are taken to live until
 * their own expiry, which RFC 6749 leaves open; say otherwise by `renewal`. Create the provider once: another call makes other sources.
 *
 * @throws ConfigError naming the option
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.4 (read 2026-11-29)
 * @example
 * ```ts
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 * import { oauth2 } from '@lingpai/provider-oauth2'
 *
 * const acme = oauth2({
 *   tokenUrl: 'https://login.example.com/oauth2/token',
 *   scope: ['orders.read', 'orders.write'],
 *   apiBaseUrl: 'https://api.example.com',
 * })
 * const tokens = new TokenManager({ cache: fileCache({ directory: '.lingpai' }) })
 * const source = tokens.source(acme, { clientId: 'shop', clientSecret: process.env['ACME_SECRET'] ?? '' })
 * const response = await source.fetch('/orders')
 * ```
 */
export function oauth2<Field extends string = never>(
  options: OAuth2Options<Field> & { readonly clientAuthentication: 'private_key_jwt' },
): Provider<With<OAuth2KeyCredentials, Field>>
export function oauth2<Field extends string = never>(
  options: OAuth2Options<Field> & { readonly clientAuthentication?: 'client_secret_basic' | 'client_secret_post' },
): Provider<With<OAuth2Credentials, Field>>
export function oauth2(options: OAuth2Options<string>): unknown {
  const plan = planOf(options, originOf(options))
  assertNoSecret(options.parameters, plan)
  const { id, origin, fields, clientAuthentication } = plan
  const isSigned = clientAuthentication === 'private_key_jwt'
  const { source = { url: 'https://www.rfc-editor.org/rfc/rfc6749', readOn: '2026-11-29' } } = options
  const { placement = { in: 'header', name: 'authorization', scheme: 'Bearer' } } = options
  const { apiBaseUrl, apiOrigins, probe, env, pattern } = options
  return defineProvider<AnyCredentials>({
    id,
    kind: kindOf(plan, options.response?.token),
    source,
    account: [...fields, 'clientId'],
    secrets: isSigned ? [] : ['clientSecret'],
    ...(isSigned && { volatile: ['clientAssertion'] }),
    ...(origin !== '' && { baseUrl: origin }),
    ...(apiBaseUrl !== undefined && { apiBaseUrl }),
    ...(apiOrigins && { apiOrigins }),
    ...(probe && { probe }),
    ...(env && { env }),
    ...(pattern && { pattern }),
    renewal: { mode: 'independent', ...options.renewal },
    response: { ...response, ...options.response },
    placement,
    errors: errorTables,
    perCode,
    hints: isSigned ? hints : withoutAssertion,
    request: (credentials) => tokenRequest(plan, credentials),
  }).extend({
    ...(options.errors && { errors: options.errors }),
    ...(options.perCode && { perCode: options.perCode }),
    ...(options.hints && { hints: options.hints }),
  })
}

const { clientAssertion: _, ...withoutAssertion } = hints

/** Different for each combination of what decides which token it is, so that the accounts have different records. */
function kindOf({ tokenUrl, grant }: TokenRequestPlan, tokenField = response.token): string {
  const parameters = Object.entries(grant).sort(([a], [b]) => (a < b ? -1 : 1))
  return `app-${hashOf(JSON.stringify([tokenUrl, parameters, tokenField]))}`
}

/** Only credentials are masked in errors and logs, so a secret must be one. */
function assertNoSecret(parameters: OAuth2Options['parameters'] = {}, { parameterNames }: TokenRequestPlan): void {
  const found = ['client_secret', 'client_assertion', parameterNames.secret].find((name) => name in parameters)
  if (found === undefined) return
  throw configErrors('oauth2')(
    'parameters',
    `must not have ${found}: give the secret as the credential clientSecret (a JWT as clientAssertion), or in lingpai.yaml by secretEnv or secretFile`,
    'conflict',
  )
}

/** The origin of the token endpoint; empty if it depends on the account. */
function originOf({ tokenUrl, fields = [] }: Partial<OAuth2Options<string>>): string {
  const error = configErrors('oauth2')
  if (typeof tokenUrl !== 'string') throw error('tokenUrl', 'is missing', 'missing')
  const places = [...tokenUrl.matchAll(/\{(\w+)\}/g)].map(([, field = '']) => field)
  const unknown = places.find((field) => !fields.includes(field))
  if (unknown !== undefined) throw error('tokenUrl', `has the place {${unknown}}, which is not in "fields"`)
  // A whole URL is checked when an account gives it.
  if (isWholeUrl(tokenUrl)) return ''
  const example = Object.fromEntries(places.map((field) => [field, 'example']))
  const { origin } = secureUrl('oauth2', 'tokenUrl', filledUrl(tokenUrl, example))
  return places.length === 0 ? origin : ''
}
