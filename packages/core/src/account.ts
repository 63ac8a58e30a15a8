import { hintIn } from './provider/classify.js'
import { ConfigError } from './errors.js'
import type { CredentialsOf, Hint, ResolvedCredentials, ResolvedSpec, Secret } from './provider.js'
import { nodeCrypto } from './node-crypto.js'

/** The public part of an account's credentials. Safe to print. */
export interface Account {
  /** Id of the provider, such as `qq-bot`. */
  readonly provider: string
  /** Which of the platform's tokens it is for, such as `app`. */
  readonly kind: string
  /** Host of the token endpoint, with its path prefix if it has one. */
  readonly host: string
  /** The identifying credentials, by field. */
  readonly ids: Readonly<Record<string, string>>
}

/** The display name of an account, such as `wecom:ww1:1000002`. */
export function accountName({ provider, ids }: Account): string {
  return [provider, ...Object.values(ids)].join(':')
}

/** The credentials of an account by what they are. */
export interface SplitCredentials {
  readonly account: Account
  readonly secrets: Readonly<Record<string, Secret>>
  readonly volatile: Readonly<Record<string, Secret>>
}

/** Splits credentials into the public account, the secrets and the volatile ones, trimmed. Does not validate them. */
export function splitCredentials<C>(spec: ResolvedSpec<C>, credentials: CredentialsOf<C>): SplitCredentials {
  const given = Object(credentials) as Readonly<Record<string, unknown>>
  const ids = Object.fromEntries(spec.account.map((field) => [field, textOf(given[field])]))
  const secretOf = (field: string): readonly [string, Secret] => {
    const secret = given[field]
    return [field, typeof secret === 'function' ? (secret as () => string) : textOf(secret)]
  }
  return {
    account: { provider: spec.id, kind: spec.kind, host: hostOf(spec, ids), ids: Object.freeze(ids) },
    secrets: Object.fromEntries(spec.secrets.map(secretOf)),
    volatile: spec.volatile || spec.parent ? Object.fromEntries(volatileFields(spec).map(secretOf)) : noVolatile,
  }
}

/** Shared by all accounts without volatile credentials. */
const noVolatile = Object.freeze({})

/** The volatile credentials of a provider and of those that it is derived from. */
export function volatileFields<C>({ volatile = [], parent }: ResolvedSpec<C>): readonly (keyof C & string)[] {
  return parent === undefined ? volatile : [...new Set([...volatile, ...volatileFields(parent.spec)])]
}

/** All credentials of an account, by field: the public ones first. */
export function credentialFields<C>(spec: ResolvedSpec<C>): readonly (keyof C & string)[] {
  return [...spec.account, ...spec.secrets, ...volatileFields(spec)]
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : ''
}

/** The hosts of providers with a base URL: the same text for all their accounts. */
const namedHosts = new WeakMap<object, string>()

function hostOf<C>(spec: ResolvedSpec<C>, ids: Readonly<Record<string, string>>): string {
  const named = namedHosts.get(spec)
  if (named !== undefined) return named
  const { host, pathname } = new URL(spec.baseUrl ?? originOf(spec, ids))
  const place = host + pathname.replace(/\/+$/, '')
  if (spec.baseUrl !== undefined) namedHosts.set(spec, place)
  return place
}

/** A provider without `baseUrl` names its host in the request itself. The host depends on neither secrets nor volatile ones. */
export function originOf<C>(spec: ResolvedSpec<C>, ids: Readonly<Record<string, string>>): string {
  const standIns = Object.fromEntries(credentialFields(spec).map((field) => [field, '-']))
  const { url } = spec.request({ ...standIns, ...ids } as ResolvedCredentials<C>)
  if (URL.canParse(url)) return new URL(url).origin
  throw new ConfigError(`provider "${spec.id}": request() gives the path ${url} but the provider has no baseUrl`, {
    field: 'baseUrl',
    problem: 'missing',
  })
}

/** What is wrong with one credential. */
type CredentialProblem = 'missing' | 'empty' | 'malformed'

/** The credentials that cannot be sent as they are, each with the reason. */
function credentialProblems<C>(
  spec: ResolvedSpec<C>,
  credentials: Readonly<Record<string, unknown>>,
): readonly { readonly field: string; readonly problem: CredentialProblem }[] {
  return credentialFields(spec).flatMap((field) => {
    const value = credentials[field]
    const isFetched = !spec.account.includes(field) && typeof value === 'function'
    const problem = isFetched ? undefined : credentialProblem(value, spec.pattern?.[field])
    return problem === undefined ? [] : [{ field, problem }]
  })
}

/**
 * What is wrong with one value; `undefined` if it can be sent as it is.
 *
 * @param pattern the format of the platform's own values, if the provider declares one
 */
export function credentialProblem(value: unknown, pattern?: RegExp): CredentialProblem | undefined {
  if (value === undefined || value === null) return 'missing'
  if (typeof value !== 'string' && !(typeof value === 'number' && Number.isFinite(value))) return 'malformed'
  const text = String(value).trim()
  if (text === '') return 'empty'
  // RFC 6749 allows any printable character and spaces in a secret. Control characters and lone surrogates cannot be
  // sent.
  const isSendable = !/[\p{Cc}\p{Cs}]/u.test(text)
  return isSendable && (pattern?.test(text) ?? true) ? undefined : 'malformed'
}

/** Whether no secret is a function. */
export function areTexts(secrets: Readonly<Record<string, Secret>>): secrets is Readonly<Record<string, string>> {
  return Object.values(secrets).every((secret) => typeof secret === 'string')
}

/** Whether all credentials can be sent as they are. */
export function areCredentials<C>(spec: ResolvedSpec<C>, credentials: Readonly<Record<string, unknown>>): boolean {
  return credentialProblems(spec, credentials).length === 0
}

/** @throws ConfigError naming every bad field, never its value. */
export function assertCredentials<C>(
  spec: ResolvedSpec<C>,
  credentials: Readonly<Record<string, unknown>>,
  language: 'en' | 'zh' = 'en',
): void {
  const problems = credentialProblems(spec, credentials)
  const [first] = problems
  if (first === undefined) return
  throw new ConfigError(
    `${spec.id}: ${problems.map(({ field, problem }) => `${field} is ${problem}`).join(', ')}`,
    first,
    { hint: hintIn(spec.hints?.[first.field] ?? asShown(first.field), language) },
  )
}

function asShown(field: string): Hint {
  return {
    en: `Give ${field} as the platform's console shows it.`,
    zh: `请按平台控制台显示的内容填写 ${field}。`,
  }
}

/** Distinguishes two secrets without revealing either: half of an HMAC over the secrets, keyed by the account. */
export function fingerprintOf(account: Account, secrets: Readonly<Record<string, string>>): string {
  const hmac = nodeCrypto().createHmac(
    'sha256',
    `lingpai:fingerprint:1:${account.provider}:${Object.values(account.ids).join(':')}`,
  )
  for (const [field, secret] of Object.entries(secrets)) hmac.update(`${field}=${secret.length}:${secret};`)
  return hmac.digest().toString('hex', 0, 8)
}

/** Names a text of any length by 128 bits of its hash, for a `kind` that must differ whenever the text does. */
export function hashOf(text: string): string {
  return nodeCrypto().createHash('sha256').update(text).digest('hex').slice(0, 32)
}

/** The cache key of an account's record. It contains every part that makes a token different, and no secret. */
export function cacheKey(account: Account, fingerprint: string): string {
  const parts = [account.provider, account.kind, account.host, ...Object.values(account.ids), fingerprint]
  return ['lingpai', '1', ...parts.map((part) => encodeURIComponent(part.toWellFormed()))].join(':')
}

/** The fingerprint in the key of a record. */
export function fingerprintIn(key: string): string {
  return key.slice(key.lastIndexOf(':') + 1)
}
