import { errorClasses, type Endpoint, type ErrorClass, type PlatformCode } from '../error-class.js'
import type { ResponseSpec, ErrorTable, Hint, ProviderSpec } from '../provider.js'
import { isObject } from '../token-record.js'
import { challengeError, type ChallengeError } from './challenge.js'

/** A response with its body parsed. */
export interface ParsedResponse {
  readonly status: number
  readonly headers: {
    /** Returns a header's value, or `null` if it is absent. */
    get(name: string): string | null
  }
  readonly body: unknown
}

/** A platform's error, in its terms and in those of Lingpai. */
export interface ErrorResponse {
  readonly code: PlatformCode
  readonly errorClass: ErrorClass
  readonly message: string
  readonly traceId?: string
  /** The IP address of the caller as the platform saw it, if it reported one. */
  readonly ip?: string
}

/** The fields of a provider that classification needs. */
export type ClassifierSpec = Pick<ProviderSpec<never>, 'response' | 'errors'>

/** The same with the platform's hints. */
export type ApiErrorTables = Pick<ProviderSpec<never>, 'response' | 'errors' | 'hints'>

/**
 * A generous limit. The text is cut again after secrets have been masked, so that no half of one remains at its end.
 */
const longestText = 2000

/**
 * Finds the platform's error in a response; `undefined` if neither the body nor, for an API that uses it, the
 * `WWW-Authenticate` header carries an error code. Neither the HTTP status nor the text of a message decides anything.
 */
export function classify(
  spec: ClassifierSpec,
  endpoint: Endpoint,
  response: ParsedResponse,
): ErrorResponse | undefined {
  const { response: shape, errors } = spec
  const challenge = challengeIn(shape, endpoint, response)
  if (challenge === undefined && !isObject(response.body)) return undefined
  const { success = [0] } = shape
  const codes = [...shape.code.map((field) => valueAt(response.body, field)), challenge?.code]
    .filter(isCode)
    .filter((code) => !success.some((good) => String(good) === String(code)))
  const code = codes.find((candidate) => classOf(errors[endpoint], candidate) !== 'unknown') ?? codes[0]
  if (code === undefined) return undefined
  const message = (messageIn(shape, response.body) || (challenge?.message ?? '')).slice(0, longestText)
  const traceId = traceIdOf(shape, response, message)
  const ip = firstGroup(shape.ip, message)
  return {
    code,
    errorClass: namedClass(shape, response.body) ?? classOf(errors[endpoint], code),
    message,
    ...(traceId !== undefined && { traceId }),
    ...(ip !== undefined && { ip }),
  }
}

/** The error that the header of an API's response names. The token endpoint names its errors in the body: RFC 6749 §5.2. */
function challengeIn(
  { challenge }: ResponseSpec,
  endpoint: Endpoint,
  { headers }: ParsedResponse,
): ChallengeError | undefined {
  if (challenge === undefined || endpoint !== 'api') return undefined
  return challengeError(headers.get('www-authenticate'), challenge)
}

function messageIn({ message: fields }: ResponseSpec, body: unknown): string {
  const found = [fields].flat().map((field) => valueAt(body, field))
  return found.find((words): words is string => typeof words === 'string' && words !== '') ?? ''
}

/** Returns the value at a dotted path. */
export function valueAt(body: unknown, path: string): unknown {
  let value = body
  for (const name of path.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value
}

/** Whether a value is a code: a number or a short text. */
function isCode(value: unknown): value is PlatformCode {
  return typeof value === 'number'
    ? Number.isFinite(value)
    : typeof value === 'string' && value !== '' && value.length <= 100
}

/** Returns the class of a code in a table. A number and the text of its digits are the same code. */
export function classOf(table: ErrorTable, code: PlatformCode): ErrorClass {
  for (const [errorClass, codes] of Object.entries(table)) {
    if (codes.some((listed) => String(listed) === String(code))) return errorClass as ErrorClass
  }
  return 'unknown'
}

/** Returns the class that an error response names itself, if the provider declares such a field. */
export function namedClass({ errorClass: path }: ResponseSpec, body: unknown): ErrorClass | undefined {
  const name = path === undefined ? undefined : valueAt(body, path)
  return errorClasses.find((known) => known === name)
}

function traceIdOf({ trace }: ResponseSpec, response: ParsedResponse, message: string): string | undefined {
  const found = [
    ...(trace?.headers ?? []).map((name) => response.headers.get(name)),
    ...(trace?.fields ?? []).map((field) => valueAt(response.body, field)),
    firstGroup(trace?.pattern && [trace.pattern], message),
  ].find((id) => typeof id === 'string' && id !== '')
  return typeof found === 'string' ? found.slice(0, longestText) : undefined
}

function firstGroup(patterns: readonly RegExp[] | undefined, message: string): string | undefined {
  for (const pattern of patterns ?? []) {
    const group = pattern.exec(message)?.[1]
    if (group !== undefined) return group
  }
  return undefined
}

/** Returns the hint for a code, or else for its class, in one language and with the address filled in. */
export function hintFor(
  hints: Readonly<Record<string, Hint>> | undefined,
  errorResponse: Pick<ErrorResponse, 'code' | 'errorClass' | 'ip'>,
  language: 'en' | 'zh',
): string | undefined {
  const key = [String(errorResponse.code), errorResponse.errorClass].find((name) => Object.hasOwn(hints ?? {}, name))
  const text = hintIn(key === undefined ? undefined : hints?.[key], language)
  const ip = errorResponse.ip ?? (language === 'zh' ? '本机出口 IP' : 'the address of this host')
  return text?.replaceAll('{ip}', () => ip)
}

/** Returns a hint in one language. */
export function hintIn(hint: Hint, language: 'en' | 'zh'): string
export function hintIn(hint: Hint | undefined, language: 'en' | 'zh'): string | undefined
export function hintIn(hint: Hint | undefined, language: 'en' | 'zh'): string | undefined {
  return typeof hint === 'object' ? hint[language] : hint
}

/** Whether a platform's error means that the token is not usable. */
export function isTokenError({ errorClass }: Pick<ErrorResponse, 'errorClass'>): boolean {
  return errorClass === 'token-expired' || errorClass === 'token-invalid'
}

/** Parses a body; `undefined` if it is not JSON. */
export function parseBody(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
