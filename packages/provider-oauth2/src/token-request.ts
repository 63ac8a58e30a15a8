import type { RequestSpec } from '@lingpai/core'
import { configErrors } from '@lingpai/core/internal'
import type { ClientAuthentication, OAuth2Options } from './options.js'

type Credentials = Readonly<Record<string, string>>
type Parameters = Readonly<Record<string, string>>

/** What proves the client's identity: parameters, headers, or both. */
interface Proof {
  readonly parameters: Parameters
  readonly headers?: Parameters
}

/** RFC 6749 §2.3.1 and RFC 7523 §2.2. */
const proofs: Readonly<
  Record<ClientAuthentication, (credentials: Credentials, names: { id: string; secret: string }) => Proof>
> = {
  client_secret_basic: ({ clientId = '', clientSecret = '' }) => ({
    parameters: {},
    headers: { authorization: `Basic ${btoa(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`)}` },
  }),
  client_secret_post: ({ clientId = '', clientSecret = '' }, { id, secret }) => ({
    parameters: { [id]: clientId, [secret]: clientSecret },
  }),
  private_key_jwt: ({ clientId = '', clientAssertion = '' }, { id }) => ({
    parameters: {
      [id]: clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: clientAssertion,
    },
  }),
}

/** Both parts of a Basic header are encoded as in a form first, so that a colon or a letter of any script arrives. */
function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}

/** What the token requests of a provider have in common; a copy of its options, which their owner may change later. */
export interface TokenRequestPlan {
  readonly id: string
  readonly tokenUrl: string
  /** The origin of the token endpoint; empty if it depends on the account. */
  readonly origin: string
  readonly fields: readonly string[]
  /** The parameters that decide which token it is, without the client. */
  readonly grant: Parameters
  readonly clientAuthentication: ClientAuthentication
  readonly sendAs: 'form' | 'json' | 'query'
  readonly parameterNames: { readonly id: string; readonly secret: string }
}

/** Plans the token requests of a provider. */
export function planOf(options: OAuth2Options<string>, origin: string): TokenRequestPlan {
  const {
    id = 'oauth2',
    tokenUrl,
    fields = [],
    clientAuthentication = 'client_secret_basic',
    sendAs = 'form',
  } = options
  const { grantType = 'client_credentials', scope = [], audience, resource, parameters } = options
  const scopes = [scope].flat().join(' ')
  return {
    id,
    tokenUrl,
    origin,
    fields: [...fields],
    grant: {
      grant_type: grantType,
      ...(scopes !== '' && { scope: scopes }),
      ...(audience !== undefined && { audience }),
      ...(resource !== undefined && { resource }),
      ...parameters,
    },
    clientAuthentication,
    sendAs,
    parameterNames: { id: 'client_id', secret: 'client_secret', ...options.parameterNames },
  }
}

/** Describes the token request of an account. */
export function tokenRequest(plan: TokenRequestPlan, credentials: Credentials): RequestSpec {
  const { sendAs } = plan
  const ids = Object.fromEntries(plan.fields.map((field) => [field, credentials[field] ?? '']))
  const grant = Object.entries(plan.grant).map(([name, value]) => [name, filled(value, ids)])
  const proof = proofs[plan.clientAuthentication](credentials, plan.parameterNames)
  const parameters = { ...(Object.fromEntries(grant) as Parameters), ...proof.parameters }
  const place = filledUrl(plan.tokenUrl, ids)
  if (place === '') throw configErrors(plan.id)(plan.tokenUrl.slice(1, -1), 'is missing', 'missing')
  const { url, query } = apart(place, plan.origin)
  return {
    method: 'POST',
    url,
    ...(sendAs === 'query'
      ? { query: { ...query, ...parameters } }
      : { ...(query && { query }), [sendAs]: parameters }),
    ...(proof.headers && { headers: proof.headers }),
  }
}

/** A template that is one place and nothing else stands for a whole URL. */
export function isWholeUrl(template: string): boolean {
  return /^\{\w+\}$/.test(template)
}

/** Puts credentials into the places of a URL. */
export function filledUrl(template: string, ids: Credentials): string {
  return filled(template, ids, isWholeUrl(template) ? undefined : encodeURIComponent)
}

function filled(template: string, ids: Credentials, encode = (text: string): string => text): string {
  return template.replaceAll(/\{(\w+)\}/g, (place, field: string) =>
    Object.hasOwn(ids, field) ? encode((ids[field] ?? '').toWellFormed()) : place,
  )
}

/** A token endpoint may have a query of its own, which must arrive: RFC 6749 §3.2. */
function apart(text: string, base: string): { readonly url: string; readonly query?: Parameters } {
  if (!URL.canParse(text)) return { url: text }
  const { origin, pathname, searchParams } = new URL(text)
  const url = origin === base ? pathname : origin + pathname
  return searchParams.size === 0 ? { url } : { url, query: Object.fromEntries(searchParams) }
}
