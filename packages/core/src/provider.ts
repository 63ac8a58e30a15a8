import type { Awaitable } from './cache.js'
import type { Endpoint, ErrorClass, PlatformCode } from './error-class.js'
import type { RefreshReason } from './token-record.js'

/** A secret, or a function that fetches it (a vault, a file) and is asked again when upstream calls the secret wrong. */
export type Secret = string | (() => Awaitable<string>)

/** What a platform asks for: strings, numbers (taken as decimal strings) and, for secrets, functions. */
export type CredentialsOf<C> = { readonly [K in keyof C]: string | number | Secret }

/** Credentials as `request()` sees them: trimmed strings. */
export type ResolvedCredentials<C> = { readonly [K in keyof C]: string }

/**
 * What a repeated token request does.
 *
 * - `rotate`: a new token each time, the old one lives on for the overlap
 * - `sticky`: the same token until the last `windowSeconds`, then a new one
 * - `extend`: the same token with its life prolonged
 * - `independent`: a new token each time, the old ones live to their own expiry
 */
export type RenewalMode = 'rotate' | 'sticky' | 'extend' | 'independent'

/** When and how a token is renewed. All numbers are seconds, as platforms speak them. */
export interface RenewalSpec {
  readonly mode: RenewalMode
  /** `sticky`: how long before expiry upstream starts to hand out a new token. `0`: not before expiry, or not known. @default 0 */
  readonly windowSeconds?: number
  /** How long the old token works once a new one exists. @default `windowSeconds`, or 0 */
  readonly overlapSeconds?: number
  /**
   * Remaining lives at which a refresh ahead is tried, descending: the first is the soft point, the others follow an answer
   * that brought the same token again. @default by mode
   */
  readonly attemptsAtSeconds?: readonly number[]
  /** Up to this much is taken off each attempt, at random, so that processes do not ask together. @default a sixth of the first attempt */
  readonly jitterSeconds?: number
  /** A token with less than this left is not handed out (but never more than a tenth of its life). @default 10 */
  readonly marginSeconds?: number
  /** How long memory is trusted without a look at the shared cache. @default 60 for `rotate`, otherwise to the soft point */
  readonly memorySeconds?: number
  /** Shortest time between two requests when upstream repeats the same token. @default 2 */
  readonly minIntervalSeconds?: number
  /** A reply that promises more is cut to this. @default 2_592_000 (30 days) */
  readonly maxLifeSeconds?: number
  /**
   * Life of a token whose reply does not tell one that can be read: short, since nothing else is known. Each time it is used there
   * is a `lifetime-assumed` event. @default 300
   */
  readonly defaultLifeSeconds?: number
  /**
   * For a platform that tells the whole life of a token however old it is: how long one answer is believed. After that upstream
   * is asked whether it still repeats the token, which is believed for as long again, and never beyond the life told, counted
   * from when anybody who shares the cache first saw this token. @default Infinity: what a reply tells is what is left
   */
  readonly trustSeconds?: number
}

/** Where in a reply's JSON things stand. A name with dots is a path. */
export interface AnswerSpec {
  readonly token: string
  readonly expiresIn: string
  /** Unit of `expiresIn`. @default 'second' */
  readonly expiresInUnit?: 'second' | 'millisecond'
  /** Where upstream numbers its tokens itself, as a token server does: the number is the record's generation. @default counted here */
  readonly generation?: string
  /** Where a refusal names its class itself, in the words of `ErrorClass`; it counts more than the tables. */
  readonly errorClass?: string
  /** Fields that may hold the platform's code, the most telling first; a code that a table lists wins over one that none does. */
  readonly code: readonly string[]
  /** Field with the platform's own words. */
  readonly message: string
  /** Where the platform's trace id stands. */
  readonly trace?: {
    readonly headers?: readonly string[]
    readonly fields?: readonly string[]
    /** Applied to the message; its first group is the id. */
    readonly pattern?: RegExp
  }
  /** Applied to the message to name the denied address in hints; the first group of the first match is the address. Never used to classify. */
  readonly ip?: readonly RegExp[]
}

/** Where an API call carries the token. `nowhere`: no call carries it, such as a ticket that only goes into signatures. */
export type PlacementSpec =
  | { readonly in: 'query'; readonly name: string }
  | { readonly in: 'header'; readonly name: string; readonly scheme?: string }
  | { readonly in: 'nowhere' }

/** Codes by class. A code stands in one class only. */
export type ErrorTable = Readonly<Partial<Record<Exclude<ErrorClass, 'unknown'>, readonly PlatformCode[]>>>

/** A sentence for a person, in one language or in both. `{ip}` is replaced by the address that the platform named. */
export type Hint = string | { readonly en: string; readonly zh: string }

/** One HTTP request. */
export interface RequestSpec {
  readonly method: 'GET' | 'POST'
  /** Absolute, or a path below the provider's `baseUrl`. */
  readonly url: string
  /** Appended to the URL, encoded. */
  readonly query?: Readonly<Record<string, string>>
  /** Sent as a JSON body. */
  readonly json?: unknown
  /** Sent as a form body. */
  readonly form?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

/** A platform described as data, and one function. {@link defineProvider} checks it. */
export interface ProviderSpec<C> {
  /** Lower-case words with hyphens, unique among platforms: `qq-bot`. */
  readonly id: string
  /** Which of the platform's tokens this is, when it has several. @default 'app' */
  readonly kind?: string
  /** Where the facts come from, and when they were read. */
  readonly source: { readonly url: string; readonly readOn: string }
  /** The credentials that identify the account; public. */
  readonly account: readonly (keyof C & string)[]
  /** The credentials that are secret. */
  readonly secrets: readonly (keyof C & string)[]
  /**
   * What the platform's own ids and secrets look like, by credential: a value that does not match is malformed before anything is
   * sent. Anchor it with `^` and `$`. Without one, every text that a request can carry is taken.
   */
  readonly pattern?: Readonly<Record<string, RegExp>>
  /** Environment variables of each credential, the preferred name first. */
  readonly env?: { readonly [K in keyof C]?: readonly string[] }
  /** Token endpoint's base, with a path prefix where there is one. Needed where `request()` gives a path. */
  readonly baseUrl?: string
  /** Base of the API that takes the token. @default `baseUrl` */
  readonly apiBaseUrl?: string
  /** Bases tried in order when the first cannot be connected to (never after a timeout: the request may have counted). */
  readonly fallbackBaseUrls?: readonly string[]
  /** Other origins that `TokenSource.fetch` may send the token to, besides `baseUrl` and `apiBaseUrl`. */
  readonly apiOrigins?: readonly string[]
  readonly renewal: RenewalSpec
  readonly answer: AnswerSpec
  readonly placement: PlacementSpec
  readonly errors: Readonly<Record<Endpoint, ErrorTable>>
  /** Exceptions of single codes, keyed by the code. */
  readonly perCode?: Readonly<Record<string, CodeSpec>>
  /** What a person can do, keyed by class or by code (the code wins), or by the credential that is missing or malformed. */
  readonly hints?: Readonly<Record<string, Hint>>
  /** A cheap API call that only works with a live token; the core places the token. */
  readonly probe?: RequestSpec
  /**
   * Where this token is derived from another one (a ticket from the app's token): the provider of that other one, with the same
   * credentials. The core puts its token into each request, as its `placement` says; a token error in `errors.token` is then
   * reported for that token, and the request repeated once.
   */
  readonly parent?: Provider<C>
  /** The token request. Pure: no I/O, no clock. The facts are for an upstream that decides by them; platforms need none. */
  readonly request: (credentials: ResolvedCredentials<C>, facts?: RequestFacts) => RequestSpec
}

/** Why a token is asked for, and in the place of which. */
export interface RequestFacts {
  readonly reason: RefreshReason
  /** Why it was forced, in the words of whoever did. */
  readonly note?: string
  /** What the caller wants the token to live at least, milliseconds. */
  readonly minLifeMs: number
  /** The token in memory, where an API refused it. */
  readonly refused?: { readonly generation: number; readonly code?: PlatformCode }
}

/** How one code differs from its class. */
export interface CodeSpec {
  /** Requests in one refresh, the first included, before giving up. */
  readonly attempts?: number
  /** Wait before anybody asks again, in seconds. */
  readonly coolDownSeconds?: number
  /** Short meaning, for the generated tables of the docs. */
  readonly note?: Hint
}

/** What {@link Provider.extend} can change. Tables are merged: a code moves to the class it is given here. */
export interface ProviderOverrides<C = unknown> {
  /** Rebases the parent of a derived provider as well. */
  readonly baseUrl?: string
  /** Follows `baseUrl` when only that is given. What is derived is asked for here, and its parent's API is here, too. */
  readonly apiBaseUrl?: string
  readonly fallbackBaseUrls?: readonly string[]
  readonly apiOrigins?: readonly string[]
  readonly renewal?: Partial<RenewalSpec>
  readonly errors?: Partial<Record<Endpoint, ErrorTable>>
  readonly perCode?: Readonly<Record<string, CodeSpec>>
  readonly hints?: Readonly<Record<string, Hint>>
  /** Another parent of a derived provider: tickets over another way to the token. */
  readonly parent?: Provider<C>
}

/** A checked, frozen provider. */
export interface Provider<C> {
  readonly id: string
  readonly kind: string
  /** The description, with every default filled in. */
  readonly spec: ResolvedSpec<C>
  /** A provider that differs in hosts, renewal, tables, hints or parent. */
  extend(overrides: ProviderOverrides<C>): Provider<C>
  /**
   * Credentials from environment variables.
   *
   * @param env @default process.env
   * @throws ConfigError naming the variable; `details.problem` is `missing` or `empty`, two different errors.
   */
  credentialsFromEnv(env?: Readonly<Record<string, string | undefined>>): ResolvedCredentials<C>
}

/** {@link RenewalSpec} without gaps. */
export type ResolvedRenewal = Required<RenewalSpec>

/** {@link ProviderSpec} without gaps. */
export interface ResolvedSpec<C> extends ProviderSpec<C> {
  readonly kind: string
  readonly renewal: ResolvedRenewal
  /** Whether `baseUrl` was given by `extend`, and so replaces the origin of an absolute request URL. */
  readonly rebased: boolean
}
