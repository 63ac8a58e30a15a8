import type { Awaitable } from './cache.js'
import type { Endpoint, ErrorClass, PlatformCode } from './error-class.js'
import type { RenewalMode } from './provider/renewal-mode.js'
import type { RefreshReason } from './token-record.js'

/**
 * A secret, or a function that fetches it, from a vault or a file for example. The function is called again if upstream
 * reports a wrong secret.
 */
export type Secret = string | (() => Awaitable<string>)

/** Credentials as callers pass them: strings, numbers (taken as decimal strings) and, for secrets, functions. */
export type CredentialsOf<C> = { readonly [K in keyof C]: string | number | Secret }

/** Credentials as `request()` receives them: trimmed strings. */
export type ResolvedCredentials<C> = { readonly [K in keyof C]: string }

/** When and how a token is renewed. All durations are in seconds, the unit that platforms use. */
export interface RenewalSpec {
  readonly mode: RenewalMode
  /**
   * For `sticky`: how long before expiry upstream starts to give a new token. `0`: only at expiry, or unknown. @default
   * 0
   */
  readonly windowSeconds?: number
  /** How long the old token still works after a new one exists. @default `windowSeconds`, or 0 */
  readonly overlapSeconds?: number
  /**
   * Remaining lives at which a refresh ahead is attempted, in descending order. The first sets `refreshAtMs`. The
   * others apply after upstream has given the same token again.
   * @default by mode
   */
  readonly attemptsAtSeconds?: readonly number[]
  /**
   * Each process delays its attempts by a random part of this, so that processes do not send requests together.
   * @default a sixth of the first attempt
   */
  readonly jitterSeconds?: number
  /** A token with less life left is not served. Never more than a tenth of its whole life. @default 10 */
  readonly marginSeconds?: number
  /**
   * How long a token is served from memory without a look at the shared cache. @default 60 for `rotate`, otherwise
   * until `refreshAtMs`
   */
  readonly memorySeconds?: number
  /** Shortest time between two requests while upstream gives the same token. @default 2 */
  readonly minIntervalSeconds?: number
  /** Longest life of a token. A longer one in a response is reduced to this. @default 2_592_000 (30 days) */
  readonly maxLifeSeconds?: number
  /**
   * Life of a token whose response holds no readable lifetime. It is short, because nothing else is known. Each use
   * emits a `lifetime-assumed` event.
   * @default 300
   */
  readonly defaultLifeSeconds?: number
  /**
   * How long the lifetime in a response is trusted, for a platform that always reports the whole life of a token,
   * however old the token is. After that time, upstream is asked again. If it gives the same token, the token is
   * trusted for as long again, but never beyond the reported life, counted from when any process that shares the cache
   * first received this token.
   * @default Infinity: the response reports the remaining life
   */
  readonly trustSeconds?: number
}

/** Where the fields of a response are in its JSON. A name with dots is a path. */
export interface ResponseSpec {
  readonly token: string
  /** The field with the remaining life. @default none: `expiresAt`, or each token lives for `renewal.defaultLifeSeconds` */
  readonly expiresIn?: string
  /** Unit of `expiresIn`. @default 'second' */
  readonly expiresInUnit?: 'second' | 'millisecond'
  /**
   * The field with the moment at which the token expires, for a platform that reports no remaining life. A moment in the past is not
   * believed: the clock of this host may be wrong.
   */
  readonly expiresAt?: string
  /** Unit of `expiresAt`, since 1970. @default 'second' */
  readonly expiresAtUnit?: 'second' | 'millisecond'
  /**
   * The field with the token's number, for an upstream that numbers its tokens, such as a token server. The number
   * becomes the record's generation. @default counted by this library
   */
  readonly generation?: string
  /** The field in which an error response names its `ErrorClass`. It takes precedence over the tables. */
  readonly errorClass?: string
  /**
   * Fields that may hold the platform's code, in order of preference. A code that a table lists takes precedence over
   * one that no table lists.
   */
  readonly code: readonly string[]
  /**
   * The scheme of the `WWW-Authenticate` header in which an API may name the code of its error, such as `Bearer` (RFC 6750 §3). The
   * code is its parameter `error`, and counts like one more field of `code`, the last one.
   * @default none: only the body names errors
   */
  readonly challenge?: string
  /** Codes of success. @default [0] */
  readonly success?: readonly PlatformCode[]
  /** The field with the platform's message, or several in order of preference, for a platform whose hosts name it differently. */
  readonly message: string | readonly string[]
  /** Where to find the platform's trace id. */
  readonly trace?: {
    readonly headers?: readonly string[]
    readonly fields?: readonly string[]
    /** Matched against the message; the first group is the id. */
    readonly pattern?: RegExp
  }
  /**
   * Matched against the message to name the denied address in hints; the first group of the first match is the address.
   * Never used to classify.
   */
  readonly ip?: readonly RegExp[]
}

/**
 * Where an API call carries the token. `nowhere`: no call carries it, for example a ticket that only signatures use.
 */
export type PlacementSpec =
  | { readonly in: 'query'; readonly name: string }
  | { readonly in: 'header'; readonly name: string; readonly scheme?: string }
  | { readonly in: 'nowhere' }

/** Where the request for a derived token carries the parent's token: as an API call does, or in a field of the JSON body. */
export type ParentPlacementSpec =
  Exclude<PlacementSpec, { readonly in: 'nowhere' }> | { readonly in: 'json'; readonly name: string }

/** Codes by class. A code belongs to one class only. */
export type ErrorTable = Readonly<Partial<Record<Exclude<ErrorClass, 'unknown'>, readonly PlatformCode[]>>>

/** What a person can do, in one or both languages. `{ip}` is replaced by the address that the platform reported. */
export type Hint = string | { readonly en: string; readonly zh: string }

/** One HTTP request. */
export interface RequestSpec {
  readonly method: 'GET' | 'POST'
  /** Absolute, or a path below the provider's `baseUrl`. */
  readonly url: string
  /** Appended to the URL with encoding. */
  readonly query?: Readonly<Record<string, string>>
  /** Sent as a JSON body. */
  readonly json?: unknown
  /** Sent as a form body. */
  readonly form?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

/** A platform described as data and one function. {@link defineProvider} validates it. */
export interface ProviderSpec<C> {
  /** Lower-case words with hyphens, unique among platforms: `qq-bot`. */
  readonly id: string
  /** Which of the platform's tokens this is, if it has several. @default 'app' */
  readonly kind?: string
  /** The source of these facts, and the date they were read on. */
  readonly source: { readonly url: string; readonly readOn: string }
  /** The public credentials that identify the account. */
  readonly account: readonly (keyof C & string)[]
  /** The credentials that are secret. */
  readonly secrets: readonly (keyof C & string)[]
  /**
   * The credentials that change while the account stays the same: a ticket that the platform pushes, an assertion that is signed for
   * one request. A function is asked at each request. Their values are never stored, and are part of no key. A derived provider need
   * not name those of its parent again.
   */
  readonly volatile?: readonly (keyof C & string)[]
  /**
   * The format of the platform's ids and secrets, by credential. A value that does not match is malformed, and nothing
   * is sent. Anchor the pattern with `^` and `$`. Without a pattern, any text that a request can carry is accepted.
   */
  readonly pattern?: Readonly<Record<string, RegExp>>
  /** Environment variables of each credential, the preferred name first. */
  readonly env?: { readonly [K in keyof C]?: readonly string[] }
  /** Base URL of the token endpoint, with a path prefix if it has one. Required if `request()` returns a path. */
  readonly baseUrl?: string
  /** Base URL of the API that accepts the token. @default `baseUrl` */
  readonly apiBaseUrl?: string
  /**
   * Base URLs that are tried in order when no connection to the first can be made. A timeout does not move on to the
   * next, because the request may have counted.
   */
  readonly fallbackBaseUrls?: readonly string[]
  /** Further origins that `TokenSource.fetch` may send the token to, besides `baseUrl` and `apiBaseUrl`. */
  readonly apiOrigins?: readonly string[]
  readonly renewal: RenewalSpec
  readonly response: ResponseSpec
  readonly placement: PlacementSpec
  /**
   * Exceptions from `placement`, by base URL, for a platform whose hosts take the token in different places. The longest base that a
   * call is below applies.
   */
  readonly placementAt?: Readonly<Record<string, PlacementSpec>>
  readonly errors: Readonly<Record<Endpoint, ErrorTable>>
  /** Exceptions for single codes, by code. */
  readonly perCode?: Readonly<Record<string, CodeSpec>>
  /**
   * What a person can do, by error class, by code (which takes precedence), or by the credential that is missing or
   * malformed.
   */
  readonly hints?: Readonly<Record<string, Hint>>
  /** A cheap API call that succeeds only with a live token. The core adds the token. */
  readonly probe?: RequestSpec
  /**
   * The provider of the token that this one is derived from, such as the app's token for a ticket. Its credentials are all or some of
   * this one's. The core adds its token to each request according to `parentPlacement`. A token error in `errors.token`
   * then concerns that token: the core reports it as rejected and repeats the request once.
   */
  readonly parent?: ParentProvider<C>
  /** Where this provider's request carries the parent's token. @default as an API call of the parent does */
  readonly parentPlacement?: ParentPlacementSpec
  /**
   * Describes the token request. Pure: no I/O and no clock. The facts are for an upstream that makes decisions with
   * them; platforms need none.
   */
  readonly request: (credentials: ResolvedCredentials<C>, facts?: RequestFacts) => RequestSpec
}

/** Why a token is requested, and which one it replaces. */
export interface RequestFacts {
  readonly reason: RefreshReason
  /** The `note` that the caller gave to `refresh()`. */
  readonly note?: string
  /** The life that the caller needs at least, in milliseconds. */
  readonly minLifeMs: number
  /** The token in memory, if an API rejected it. */
  readonly rejected?: { readonly generation: number; readonly code?: PlatformCode }
}

/** How a single code differs from its class. */
export interface CodeSpec {
  /** Number of requests in one refresh, including the first. */
  readonly attempts?: number
  /** Cool-down in seconds for all processes that share the cache. */
  readonly coolDownSeconds?: number
  /** A short meaning for the generated tables of the docs. */
  readonly note?: Hint
}

/** What {@link Provider.extend} can change. Tables are merged: a code moves to the class given here. */
export interface ProviderOverrides<C = unknown> {
  /** Also applies to the parent of a derived provider. */
  readonly baseUrl?: string
  /**
   * Follows `baseUrl` if only that is given. A derived provider sends its token requests here, and so does its parent's
   * API.
   */
  readonly apiBaseUrl?: string
  readonly fallbackBaseUrls?: readonly string[]
  readonly apiOrigins?: readonly string[]
  readonly renewal?: Partial<RenewalSpec>
  readonly errors?: Partial<Record<Endpoint, ErrorTable>>
  readonly perCode?: Readonly<Record<string, CodeSpec>>
  readonly hints?: Readonly<Record<string, Hint>>
  /** Another parent for a derived provider: tickets from a token that is fetched in another way. */
  readonly parent?: ParentProvider<C>
  /** Exceptions from `placement`, by base URL; added to those of the provider. */
  readonly placementAt?: Readonly<Record<string, PlacementSpec>>
}

/** A provider of whose token another is derived. Its credentials are all or some of `C`. */
export interface ParentProvider<C> extends Pick<Provider<C>, 'id' | 'kind' | 'spec'> {
  /** As {@link Provider.extend}. */
  extend(overrides: ProviderOverrides<C>): ParentProvider<C>
}

/** A validated and frozen provider. */
export interface Provider<C> {
  readonly id: string
  readonly kind: string
  /** The description with all defaults filled in. */
  readonly spec: ResolvedSpec<C>
  /** Creates a provider with other hosts, renewal, tables, hints or parent. */
  extend(overrides: ProviderOverrides<C>): Provider<C>
  /**
   * Reads the credentials from environment variables. Volatile ones are among them only if their variable is set.
   *
   * @param env @default process.env
   * @throws ConfigError naming the variable; `details.problem` distinguishes `missing` from `empty`
   */
  credentialsFromEnv(env?: Readonly<Record<string, string | undefined>>): ResolvedCredentials<C>
}

/** A {@link RenewalSpec} with all defaults filled in. */
export type ResolvedRenewal = Required<RenewalSpec>

/** A {@link ProviderSpec} with all defaults filled in. */
export interface ResolvedSpec<C> extends ProviderSpec<C> {
  readonly kind: string
  readonly renewal: ResolvedRenewal
  /** Whether `extend` set `baseUrl`, which then replaces the origin of an absolute request URL. */
  readonly rebased: boolean
}
