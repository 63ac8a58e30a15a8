import { errorClasses, type Endpoint, type ErrorClass, type PlatformCode } from '../error-class.js'
import type { AnswerSpec, ErrorTable, Hint, ProviderSpec } from '../provider.js'
import { isObject } from '../token-record.js'

/** A reply whose body has been parsed. */
export interface ParsedReply {
  readonly status: number
  readonly headers: {
    /** A header's value, `null` where it is absent. */
    get(name: string): string | null
  }
  readonly body: unknown
}

/** A platform's "no", in its terms and in ours. */
export interface Refusal {
  readonly code: PlatformCode
  readonly errorClass: ErrorClass
  readonly message: string
  readonly traceId?: string
  /** The address that the platform saw, where it named one. */
  readonly ip?: string
}

/** The parts of a provider that classification needs. */
export type ClassifierSpec = Pick<ProviderSpec<never>, 'answer' | 'errors'>

/** The same with the hints of the platform's errors. */
export type ApiErrorTables = Pick<ProviderSpec<never>, 'answer' | 'errors' | 'hints'>

/** Generous: it is cut once more when secrets have been masked, so that no half of one is left at the end. */
const longestText = 2000

/**
 * Reads a reply's body and says what the platform refused; `undefined` when the body carries no error code.
 * Neither the HTTP status nor the words of a message decide anything.
 */
export function classify(spec: ClassifierSpec, endpoint: Endpoint, reply: ParsedReply): Refusal | undefined {
  if (!isObject(reply.body)) return undefined
  const { answer, errors } = spec
  const codes = answer.code.map((field) => valueAt(reply.body, field)).filter(isErrorCode)
  const code = codes.find((candidate) => classOf(errors[endpoint], candidate) !== 'unknown') ?? codes[0]
  if (code === undefined) return undefined
  const words = valueAt(reply.body, answer.message)
  const message = (typeof words === 'string' ? words : '').slice(0, longestText)
  const traceId = traceIdOf(answer, reply, message)
  const ip = firstGroup(answer.ip, message)
  return {
    code,
    errorClass: namedClass(answer, reply.body) ?? classOf(errors[endpoint], code),
    message,
    ...(traceId !== undefined && { traceId }),
    ...(ip !== undefined && { ip }),
  }
}

/** The value at a dotted path. */
export function valueAt(body: unknown, path: string): unknown {
  let value = body
  for (const name of path.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value
}

/** Zero is success on every platform that sends it; a code is a number or a short text. */
function isErrorCode(value: unknown): value is PlatformCode {
  if (typeof value === 'number') return Number.isFinite(value) && value !== 0
  return typeof value === 'string' && value !== '' && value !== '0' && value.length <= 100
}

/** The class that a table gives a code; numbers and strings of digits are the same code. */
export function classOf(table: ErrorTable, code: PlatformCode): ErrorClass {
  for (const [errorClass, codes] of Object.entries(table)) {
    if (codes.some((listed) => String(listed) === String(code))) return errorClass as ErrorClass
  }
  return 'unknown'
}

/** The class that a refusal names itself, where the provider knows of such a field. */
export function namedClass({ errorClass: path }: AnswerSpec, body: unknown): ErrorClass | undefined {
  const name = path === undefined ? undefined : valueAt(body, path)
  return errorClasses.find((known) => known === name)
}

function traceIdOf({ trace }: AnswerSpec, reply: ParsedReply, message: string): string | undefined {
  const found = [
    ...(trace?.headers ?? []).map((name) => reply.headers.get(name)),
    ...(trace?.fields ?? []).map((field) => valueAt(reply.body, field)),
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

/** The remedy for a code, else for its class, in one language, with the address filled in. */
export function hintFor(
  hints: Readonly<Record<string, Hint>> | undefined,
  refusal: Pick<Refusal, 'code' | 'errorClass' | 'ip'>,
  language: 'en' | 'zh',
): string | undefined {
  const key = [String(refusal.code), refusal.errorClass].find((name) => Object.hasOwn(hints ?? {}, name))
  const text = hintIn(key === undefined ? undefined : hints?.[key], language)
  const ip = refusal.ip ?? (language === 'zh' ? '本机出口 IP' : 'the address of this host')
  return text?.replaceAll('{ip}', () => ip)
}

/** A hint in one language. */
export function hintIn(hint: Hint, language: 'en' | 'zh'): string
export function hintIn(hint: Hint | undefined, language: 'en' | 'zh'): string | undefined
export function hintIn(hint: Hint | undefined, language: 'en' | 'zh'): string | undefined {
  return typeof hint === 'object' ? hint[language] : hint
}

/** Whether a refusal means that the token is no good. */
export function isTokenError({ errorClass }: Pick<Refusal, 'errorClass'>): boolean {
  return errorClass === 'token-expired' || errorClass === 'token-invalid'
}

/** A parsed body; `undefined` where there is no JSON. */
export function parseBody(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
