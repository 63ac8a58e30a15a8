import type {
  CodeSpec,
  Endpoint,
  ErrorTable,
  Hint,
  PlacementSpec,
  ProviderSpec,
  RenewalSpec,
  ResponseSpec,
  Secret,
} from '@lingpai/core'

/** How a client proves its identity at the token endpoint, by the names of RFC 7591 and RFC 8414. */
export type ClientAuthentication = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt'

/** Credentials of a client with a secret. */
export interface OAuth2Credentials {
  readonly clientId: string
  readonly clientSecret: Secret
}

/** Credentials of a client that proves its identity with a private key. */
export interface OAuth2KeyCredentials {
  readonly clientId: string
  /** Signs a JWT for each token request: `clientAssertion({ … })`. */
  readonly clientAssertion: Secret
}

/** A server and what is requested from it. Only `tokenUrl` is required. */
export interface OAuth2Options<Field extends string = never> {
  /** The token endpoint. `{field}` stands for a credential of `fields`: `https://{domain}/oauth/token`. */
  readonly tokenUrl: string
  /** Further public credentials that identify the account, such as a tenant. @default [] */
  readonly fields?: readonly Field[]
  /** @default 'client_credentials' */
  readonly grantType?: string
  /** One text with spaces, or a list. @default none: the server decides */
  readonly scope?: string | readonly string[]
  /** The API that the token is for, at servers that have `audience`. */
  readonly audience?: string
  /** The same by RFC 8707. */
  readonly resource?: string
  /** Further parameters of the token request. `{field}` stands for a credential of `fields`. */
  readonly parameters?: Readonly<Record<string, string>>
  /** @default 'client_secret_basic' */
  readonly clientAuthentication?: ClientAuthentication
  /** How the parameters are sent. RFC 6749 knows `form` only. @default 'form' */
  readonly sendAs?: 'form' | 'json' | 'query'
  /** Names of the parameters, at servers that have their own. @default { id: 'client_id', secret: 'client_secret' } */
  readonly parameterNames?: { readonly id: string; readonly secret: string }
  /** Lower-case words with hyphens that name the server in keys, errors and metrics. @default 'oauth2' */
  readonly id?: string
  /** Where the facts come from. @default RFC 6749 */
  readonly source?: ProviderSpec<never>['source']
  /** Base URL of the API that takes the token. @default the origin of the token endpoint */
  readonly apiBaseUrl?: string
  /** Further origins that `fetch` may send the token to. */
  readonly apiOrigins?: readonly string[]
  /** @default { in: 'header', name: 'authorization', scheme: 'Bearer' } */
  readonly placement?: PlacementSpec
  /** What differs from `{ mode: 'independent' }`. A server that reports no life needs `defaultLifeSeconds`. */
  readonly renewal?: Partial<RenewalSpec>
  /** What differs from RFC 6749 §5.1 and RFC 6750 §3. */
  readonly response?: Partial<ResponseSpec>
  /** Codes beside those of the RFCs, by endpoint and class. A code moves to the class given here. */
  readonly errors?: Partial<Record<Endpoint, ErrorTable>>
  /** Exceptions for single codes, see `perCode` of a provider. */
  readonly perCode?: Readonly<Record<string, CodeSpec>>
  /** What a person can do, by class, code or credential. */
  readonly hints?: Readonly<Record<string, Hint>>
  /** A cheap API call that succeeds only with a live token. */
  readonly probe?: ProviderSpec<never>['probe']
  /** The format of credentials, see `pattern` of a provider. */
  readonly pattern?: Readonly<Record<string, RegExp>>
  /** Environment variables of each credential, the preferred name first. */
  readonly env?: { readonly [K in Field | 'clientId' | 'clientSecret' | 'clientAssertion']?: readonly string[] }
}
