import { errorClasses, type ErrorClass } from '../error-class.js'
import type { MalformedResponseError, AnyLingpaiError, TransportError } from '../errors.js'
import type { ResolvedSpec } from '../provider.js'
import { isCount, isObject } from '../token-record.js'
import { malformedError, networkError, platformError, statusError, timeoutError } from './upstream-errors.js'

/** What the text of an error depends on, besides its code. */
export interface Wording {
  readonly spec: Pick<ResolvedSpec<never>, 'id' | 'hints' | 'perCode'>
  readonly language: 'en' | 'zh'
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Rebuilds the error of a stored failure in the texts of this version. Others can write to the store, so only its
 * codes, classes and numbers are used, and never its sentences.
 *
 * @returns `undefined` if the code, or a field that it requires, is unknown
 */
export function storedError(
  wording: Wording,
  { code, details }: Fields,
  errorClass: ErrorClass,
): AnyLingpaiError | undefined {
  if (!isObject(details)) return undefined
  switch (code) {
    case 'ERR_LINGPAI_PLATFORM':
      return platformErrorOf(wording, details, errorClass)
    case 'ERR_LINGPAI_TRANSPORT':
      return transportErrorOf(wording, details)
    case 'ERR_LINGPAI_MALFORMED_RESPONSE':
      return malformedErrorOf(wording, details)
    default:
      return undefined
  }
}

/** Whether a value names an error class. */
export function isErrorClass(value: unknown): value is ErrorClass {
  return errorClasses.some((errorClass) => errorClass === value)
}

function platformErrorOf({ spec, language }: Wording, details: Fields, errorClass: ErrorClass): AnyLingpaiError {
  const { platformCode, endpoint } = details
  const code = Number.isFinite(platformCode) ? (platformCode as number) : (wordIn(platformCode) ?? 'unknown')
  const traceId = wordIn(details['traceId'])
  const ip = addressIn(details['ip'])
  const status = statusIn(details['status'])
  return platformError(
    spec,
    endpoint === 'api' ? 'api' : 'token',
    { code, errorClass, message: '', ...(traceId !== undefined && { traceId }), ...(ip !== undefined && { ip }) },
    { language, known: [], ...(status !== undefined && { status }) },
  )
}

/** Problems that a stored failure can have; the end of a render is never stored. */
const faultProblems = ['certificate', 'url', 'fetch', 'proxy'] as const

function transportErrorOf({ spec, language }: Wording, details: Fields): TransportError | undefined {
  const { phase } = details
  const status = statusIn(details['status'])
  const systemCode = wordIn(details['systemCode'])
  const problem = faultProblems.find((known) => known === details['problem'])
  switch (phase) {
    case 'timeout':
      return timeoutError(spec.id)
    case 'status':
      return statusError(spec.id, status, language)
    case 'connect':
    case 'exchange': {
      const fault = {
        phase,
        ...(systemCode !== undefined && { systemCode }),
        ...(problem !== undefined && { problem }),
        ...(status !== undefined && { status }),
      }
      return networkError(spec.id, fault, { language })
    }
    default:
      return undefined
  }
}

const problems = [
  'not-json',
  'not-an-object',
  'no-token',
  'bad-expires-in',
  'too-large',
  'redirect',
  'not-found',
  'not-text',
] as const

function malformedErrorOf({ spec, language }: Wording, details: Fields): MalformedResponseError | undefined {
  const problem = problems.find((known) => known === details['problem'])
  const status = statusIn(details['status'])
  if (problem === undefined || status === undefined) return undefined
  const bytes = isCount(details['bytes']) ? details['bytes'] : 0
  return malformedError(spec.id, problem, { status, bytes, headers: new Headers(), text: '' }, language)
}

/** Reads a code as platforms and systems write them, too short for a sentence. */
function wordIn(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.:-]{1,128}$/.test(value) ? value : undefined
}

function addressIn(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\da-fA-F.:]{2,45}$/.test(value) ? value : undefined
}

function statusIn(value: unknown): number | undefined {
  return isCount(value) && value >= 100 && value <= 599 ? value : undefined
}
