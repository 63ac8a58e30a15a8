import {
  classify,
  isTokenError,
  parseBody,
  type ClassifierSpec,
  type ErrorResponse,
  type ParsedResponse,
} from '../provider/classify.js'
import { isObject } from '../token-record.js'
import { isAsyncIterable, isWebStream, streamOf } from '../http/web-response.js'

/** Bodies are searched for an error up to this size; error responses are short. */
export const largestPeek = 64 * 1024

const noHeaders = { get: () => null }

/** Finds a token error in the outcome of an API call: a `Response`, a parsed body, or an error that carries one. */
export async function tokenErrorIn(spec: ClassifierSpec, outcome: unknown): Promise<ErrorResponse | undefined> {
  const errorResponse = isResponse(outcome) ? await errorInResponse(spec, outcome) : errorInValue(spec, outcome)
  return errorResponse !== undefined && isTokenError(errorResponse) ? errorResponse : undefined
}

/** Clones of a Node.js stream stall once 16 KiB of one are unread. */
const largestForeignPeek = 8 * 1024

/** Reads a clone of a response as far as it may hold an error. The response itself stays unread. */
async function errorInResponse(spec: ClassifierSpec, response: Response): Promise<ErrorResponse | undefined> {
  const text = isReadable(response) && mayBeJson(response) ? await peek(response.clone()) : undefined
  const { status, headers } = response
  return classify(spec, 'api', { status, headers, body: text === undefined ? undefined : parseBody(text) })
}

function isReadable({ bodyUsed, body }: Response): boolean {
  return !bodyUsed && (isWebStream(body) || isAsyncIterable(body))
}

/**
 * Whether a body may be JSON. WeChat sends JSON as text/plain, and a download endpoint sends JSON only for errors,
 * which are short.
 */
export function mayBeJson({ headers, status }: Pick<ParsedResponse, 'headers' | 'status'>): boolean {
  const type = headers.get('content-type') ?? ''
  const length = Number(headers.get('content-length') ?? Number.NaN)
  if (/event-stream/i.test(type)) return false
  return /json|text|^$/i.test(type) || status >= 400 || length <= largestPeek
}

/**
 * Returns the text of a response that may be an error: short, and a JSON object. `undefined` if the body ends early.
 */
async function peek(copy: Response): Promise<string | undefined> {
  const body: unknown = copy.body
  const isForeign = !isWebStream(body)
  const limit = isForeign ? largestForeignPeek : largestPeek
  const reader = (isForeign ? streamOf(body as AsyncIterable<Uint8Array>) : body).getReader()
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += decoder.decode(part.value, { stream: true })
      if (text.length > limit || !/^\s*(\{|$)/.test(text.slice(0, 1024))) {
        // Not awaited: the cancellation of a clone only ends once the original has been read, too.
        void reader.cancel().catch(() => undefined)
        return undefined
      }
    }
    return text
  } catch {
    return undefined
  }
}

/**
 * Finds an error in a body, or in an error of any HTTP client: in its own code fields, or in a body that it carries.
 */
function errorInValue(spec: ClassifierSpec, value: unknown): ErrorResponse | undefined {
  if (!isObject(value)) return undefined
  const { response, details, data, body } = value
  const platformCode = isObject(details) ? details['platformCode'] : undefined
  const first = spec.response.code[0]
  const asBody = platformCode === undefined || first === undefined ? undefined : { [first]: platformCode }
  for (const candidate of [asBody, value, data, body, isObject(response) ? response['data'] : undefined]) {
    const parsed = typeof candidate === 'string' ? parseBody(candidate) : candidate
    const errorResponse = classify(spec, 'api', { status: 0, headers: noHeaders, body: parsed })
    if (errorResponse !== undefined && errorResponse.errorClass !== 'unknown') return errorResponse
  }
  if (spec.response.challenge === undefined) return undefined
  const headers = headersOf(isObject(response) ? response : value)
  return classify(spec, 'api', { status: 0, headers, body: undefined })
}

/** The headers of a response as HTTP clients keep them: an object with `get`, or names in small letters as Node.js has them. */
function headersOf({ headers }: Readonly<Record<string, unknown>>): ParsedResponse['headers'] {
  if (!isObject(headers)) return noHeaders
  const { get } = headers
  const find = typeof get === 'function' ? (name: string): unknown => get.call(headers, name) : undefined
  return {
    get: (name) => {
      const value = find === undefined ? headers[name] : find(name)
      return typeof value === 'string' ? value : null
    },
  }
}

function isResponse(value: unknown): value is Response {
  return isObject(value) && typeof value['clone'] === 'function' && 'bodyUsed' in value && isObject(value['headers'])
}
