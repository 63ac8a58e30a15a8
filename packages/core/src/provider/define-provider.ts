import { hintIn } from './classify.js'
import { ConfigError } from '../errors.js'
import type { ErrorClass, PlatformCode } from '../error-class.js'
import { credentialFields, volatileFields } from '../account.js'
import { parentProblems } from './parent-problems.js'
import type {
  ErrorTable,
  ParentProvider,
  Provider,
  ProviderOverrides,
  ProviderSpec,
  ResolvedCredentials,
  ResolvedSpec,
} from '../provider.js'
import { resolveRenewal } from './renewal.js'
import { renewalModes } from './renewal-mode.js'

/** Fields that a description without types may lack. */
const required = [
  'id',
  'source',
  'account',
  'secrets',
  'renewal',
  'response',
  'placement',
  'errors',
  'request',
] as const

/**
 * Validates a platform's description and creates a provider from it.
 *
 * @throws ConfigError naming the provider and the field: a code in two classes, no secret, an invalid URL, impossible
 * durations, a parent with other credentials
 */
export function defineProvider<C>(spec: ProviderSpec<C>): Provider<C> {
  const missing = required.filter((field) => (spec as Partial<ProviderSpec<C>>)[field] === undefined)
  const [field] = missing
  if (field !== undefined) {
    throw new ConfigError(`provider ${JSON.stringify(spec.id)}: ${missing.join(', ')} missing`, {
      field,
      problem: 'missing',
    })
  }
  return provide({ ...spec, kind: spec.kind ?? 'app', renewal: resolveRenewal(spec.renewal), rebased: false })
}

function provide<C>(spec: ResolvedSpec<C>): Provider<C> {
  const problems = [...problemsOf(spec)]
  if (problems.length > 0) {
    throw new ConfigError(`provider ${JSON.stringify(spec.id)}: ${problems.map(([, text]) => text).join('; ')}`, {
      field: problems[0]?.[0] ?? 'id',
      problem: 'malformed',
    })
  }
  freezeDeep(spec)
  return Object.freeze({
    id: spec.id,
    kind: spec.kind,
    spec,
    extend: (overrides: ProviderOverrides<C>) => provide(extended(spec, overrides)),
    credentialsFromEnv: (env = process.env) => credentialsFromEnv(spec, env),
  })
}

/** Freezes a value with all its members: every module that imports a provider shares it. */
function freezeDeep(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || isRegExp(value)) return
  Object.freeze(value)
  for (const member of Object.values(value)) freezeDeep(member)
}

function isRegExp(value: unknown): value is RegExp {
  return Object.prototype.toString.call(value) === '[object RegExp]'
}

function extended<C>(spec: ResolvedSpec<C>, overrides: ProviderOverrides<C>): ResolvedSpec<C> {
  const parent = overrides.parent ?? spec.parent
  if (parent !== undefined && spec.parent === undefined) {
    throw new ConfigError(`provider ${JSON.stringify(spec.id)}: its ${spec.kind} is derived from no other token`, {
      field: 'parent',
      problem: 'conflict',
    })
  }
  // A derived token is requested from the API.
  const baseUrl = (parent && overrides.apiBaseUrl) ?? overrides.baseUrl
  return {
    ...spec,
    // A new base is a separate environment: the fallbacks and the API host of the old one do not belong to it.
    ...(baseUrl !== undefined && { baseUrl, apiBaseUrl: baseUrl, fallbackBaseUrls: [], rebased: true }),
    ...(overrides.apiBaseUrl !== undefined && { apiBaseUrl: overrides.apiBaseUrl }),
    ...(overrides.fallbackBaseUrls !== undefined && { fallbackBaseUrls: overrides.fallbackBaseUrls }),
    ...(overrides.apiOrigins !== undefined && { apiOrigins: [...(spec.apiOrigins ?? []), ...overrides.apiOrigins] }),
    renewal: { ...spec.renewal, ...overrides.renewal },
    errors: {
      token: mergeTables(spec.errors.token, overrides.errors?.token),
      api: mergeTables(spec.errors.api, overrides.errors?.api),
    },
    perCode: { ...spec.perCode, ...overrides.perCode },
    hints: { ...spec.hints, ...overrides.hints },
    ...(overrides.placementAt !== undefined && { placementAt: { ...spec.placementAt, ...overrides.placementAt } }),
    ...(parent !== undefined && { parent: rebasedParent(parent, overrides) }),
  }
}

/** Moves the parent to the same environment: a token of another one would not work there. */
function rebasedParent<C>(parent: ParentProvider<C>, { baseUrl, apiBaseUrl }: ProviderOverrides<C>): ParentProvider<C> {
  if (baseUrl === undefined && apiBaseUrl === undefined) return parent
  return parent.extend({ ...(baseUrl !== undefined && { baseUrl }), ...(apiBaseUrl !== undefined && { apiBaseUrl }) })
}

function mergeTables(base: ErrorTable, changes: ErrorTable = {}): ErrorTable {
  const moved = new Set(Object.values(changes).flatMap((codes) => codes.map(String)))
  const merged: Partial<Record<ErrorClass, readonly PlatformCode[]>> = {}
  for (const [errorClass, codes] of entriesOf(base)) {
    merged[errorClass] = codes.filter((code) => !moved.has(String(code)))
  }
  for (const [errorClass, codes] of entriesOf(changes)) merged[errorClass] = [...(merged[errorClass] ?? []), ...codes]
  return merged
}

function entriesOf(table: ErrorTable): readonly [ErrorClass, readonly PlatformCode[]][] {
  return Object.entries(table) as [ErrorClass, readonly PlatformCode[]][]
}

function* problemsOf<C>(spec: ResolvedSpec<C>): Generator<readonly [field: string, text: string]> {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(spec.id)) yield ['id', 'id must be lower-case words joined by hyphens']
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(spec.kind))
    yield ['kind', 'kind must be lower-case words joined by hyphens']
  yield* credentialProblems(spec)
  yield* patternProblems(spec)
  if (!/^\d{4}-\d{2}-\d{2}$/.test(spec.source.readOn))
    yield ['source.readOn', 'source.readOn must be a date like 2026-11-20']
  for (const [field, url] of urlsOf(spec)) {
    if (!isHttpUrl(url)) yield [field, `${field} must be an http(s) URL without query`]
  }
  if (spec.response.code.length === 0) yield ['response.code', 'response.code needs at least one field']
  for (const pattern of [
    ...(spec.response.ip ?? []),
    ...(spec.response.trace?.pattern ? [spec.response.trace.pattern] : []),
  ]) {
    if (pattern.global || pattern.sticky)
      yield ['response', `response has the pattern ${pattern}: the flags g and y make it miss`]
  }
  for (const endpoint of ['token', 'api'] as const) {
    yield* tableProblems(endpoint, spec.errors[endpoint])
    const listed = Object.values(spec.errors[endpoint]).flat().map(String)
    for (const code of spec.response.success ?? [])
      if (listed.includes(String(code)))
        yield ['response.success', `code ${code} is a success and, in errors.${endpoint}, an error`]
  }
  yield* renewalProblems(spec)
  yield* parentProblems(spec)
}

/** Problems of the lists of credentials. */
function* credentialProblems<C>({
  account,
  secrets,
  volatile = [],
}: ResolvedSpec<C>): Generator<readonly [field: string, text: string]> {
  if (account.length === 0) yield ['account', 'account needs at least one field']
  if (secrets.length + volatile.length === 0) yield ['secrets', 'secrets or volatile needs at least one field']
  for (const field of account) {
    if (secrets.includes(field)) yield ['secrets', `${field} is in account and in secrets`]
  }
  for (const field of volatile) {
    if ([...account, ...secrets].includes(field))
      yield ['volatile', `${field} is in volatile and in account or secrets`]
  }
}

/** Problems of `pattern`. A description without types may hold anything. */
function* patternProblems<C>(spec: ResolvedSpec<C>): Generator<readonly [field: string, text: string]> {
  for (const [field, pattern] of Object.entries<unknown>(spec.pattern ?? {})) {
    if (!credentialFields(spec).some((known) => known === field))
      yield ['pattern', `pattern names ${field}, which is not a credential`]
    else if (!isRegExp(pattern) || pattern.global || pattern.sticky)
      yield [`pattern.${field}`, `pattern.${field} must be a RegExp without the flags g and y`]
  }
}

function* urlsOf<C>(spec: ResolvedSpec<C>): Generator<readonly [field: string, url: string]> {
  for (const field of ['baseUrl', 'apiBaseUrl'] as const) {
    const url = spec[field]
    if (url !== undefined) yield [field, url]
  }
  for (const url of spec.fallbackBaseUrls ?? []) yield ['fallbackBaseUrls', url]
  for (const url of spec.apiOrigins ?? []) yield ['apiOrigins', url]
  for (const url of Object.keys(spec.placementAt ?? {})) yield ['placementAt', url]
}

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, search, hash, username, password } = new URL(text)
  return /^https?:$/.test(protocol) && search + hash + username + password === ''
}

function* tableProblems(endpoint: string, table: ErrorTable): Generator<readonly [string, string]> {
  const seen = new Map<string, ErrorClass>()
  for (const [errorClass, codes] of entriesOf(table)) {
    for (const code of codes) {
      const other = seen.get(String(code))
      if (other !== undefined) {
        yield [`errors.${endpoint}`, `code ${code} is twice in errors.${endpoint}: as ${other} and as ${errorClass}`]
      }
      seen.set(String(code), errorClass)
    }
  }
}

function* renewalProblems<C>({ renewal }: ResolvedSpec<C>): Generator<readonly [string, string]> {
  const { attemptsAtSeconds, mode } = renewal
  const durations = ['windowSeconds', 'overlapSeconds', 'jitterSeconds', 'marginSeconds', 'minIntervalSeconds'] as const
  for (const field of durations) {
    const value = renewal[field]
    if (!(Number.isFinite(value) && value >= 0))
      yield [`renewal.${field}`, `renewal.${field} must be 0 or more seconds`]
  }
  for (const field of ['maxLifeSeconds', 'memorySeconds', 'defaultLifeSeconds', 'trustSeconds'] as const) {
    if (!(renewal[field] > 0)) yield [`renewal.${field}`, `renewal.${field} must be above 0 seconds`]
  }
  const descending = attemptsAtSeconds.every((at, i) => at > 0 && (i === 0 || at < (attemptsAtSeconds[i - 1] ?? 0)))
  if (attemptsAtSeconds.length === 0 || !descending) {
    yield ['renewal.attemptsAtSeconds', 'renewal.attemptsAtSeconds must be a descending list of seconds above 0']
  }
  if (!renewalModes[mode].repeats && renewal.trustSeconds !== Infinity)
    yield ['renewal.trustSeconds', 'renewal.trustSeconds is for tokens that upstream repeats: mode sticky']
  if (renewal.trustSeconds <= (attemptsAtSeconds[0] ?? 0))
    yield ['renewal.trustSeconds', 'renewal.trustSeconds must be longer than the first of renewal.attemptsAtSeconds']
  if (renewalModes[mode].repeats && renewal.windowSeconds > 0 && (attemptsAtSeconds[0] ?? 0) > renewal.windowSeconds) {
    yield [
      'renewal.attemptsAtSeconds',
      'renewal.attemptsAtSeconds starts before the renew window: upstream would repeat the same token',
    ]
  }
}

function credentialsFromEnv<C>(
  spec: ResolvedSpec<C>,
  env: Readonly<Record<string, string | undefined>>,
): ResolvedCredentials<C> {
  const isSet = (field: keyof C & string): boolean => (spec.env?.[field] ?? []).some((name) => env[name] !== undefined)
  const fields = [...spec.account, ...spec.secrets, ...volatileFields(spec).filter(isSet)]
  return Object.fromEntries(fields.map((field) => [field, fromEnv(spec, field, env)])) as ResolvedCredentials<C>
}

function fromEnv<C>(
  spec: ResolvedSpec<C>,
  field: keyof C & string,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const names = spec.env?.[field] ?? []
  const name = names.find((candidate) => env[candidate] !== undefined)
  const value = name === undefined ? undefined : env[name]?.trim()
  if (value !== undefined && value !== '') return value
  const wanted = names[0] ?? field
  throw name === undefined
    ? new ConfigError(
        `${spec.id}: environment variable ${names.join(' or ') || `for ${field}`} is missing`,
        { field: wanted, problem: 'missing' },
        { hint: [`Set ${wanted} to the ${field} of your account.`, ...credentialHint(spec, field)].join(' ') },
      )
    : new ConfigError(
        `${spec.id}: environment variable ${name} is set but empty`,
        { field: name, problem: 'empty' },
        {
          hint: [`Set ${name} to the ${field} of your account, or unset it.`, ...credentialHint(spec, field)].join(' '),
        },
      )
}

function credentialHint<C>({ hints = {} }: ResolvedSpec<C>, field: string): readonly string[] {
  const hint = hints[field]
  return hint === undefined ? [] : [hintIn(hint, 'en')]
}
