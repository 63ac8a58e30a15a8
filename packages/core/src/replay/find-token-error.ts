import { classify, isTokenError, parseBody, type ClassifierSpec, type Refusal } from '../provider/classify.js'
import { isObject } from '../token-record.js'
import { isAsyncIterable, isWebStream, streamOf } from '../http/web-response.js'

/** A reply's body is read for a refusal up to here; refusals are short. */
const largestPeek = 64 * 1024

const noHeaders = { get: () => null }

/** The token error in what an API call gave or threw: a `Response`, a parsed body, an error that carries one. */
export async function tokenErrorIn(spec: ClassifierSpec, outcome: unknown): Promise<Refusal | undefined> {
  const refusal = isResponse(outcome) ? await refusalOfResponse(spec, outcome) : refusalOfValue(spec, outcome)
  return refusal !== undefined && isTokenError(refusal) ? refusal : undefined
}

/** Copies of a Node.js stream stall once 16 KiB of one are unread. */
const largestForeignPeek = 8 * 1024

/** Reads a copy of a reply, as far as it may hold a refusal; the reply itself stays unread. */
async function refusalOfResponse(spec: ClassifierSpec, response: Response): Promise<Refusal | undefined> {
  if (response.bodyUsed || !(isWebStream(response.body) || isAsyncIterable(response.body)) || !mayBeJson(response))
    return undefined
  const text = await peek(response.clone())
  return text === undefined
    ? undefined
    : classify(spec, 'api', { status: response.status, headers: response.headers, body: parseBody(text) })
}

/** WeChat sends JSON as text/plain; a download endpoint sends JSON only when it refuses, and then a short one. */
function mayBeJson({ headers, status }: Response): boolean {
  const type = headers.get('content-type') ?? ''
  const length = Number(headers.get('content-length') ?? Number.NaN)
  if (/event-stream/i.test(type)) return false
  return /json|text|^$/i.test(type) || status >= 400 || length <= largestPeek
}

/** The text of a reply that may be a refusal: short, and an object. What breaks off is none. */
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
        // Not awaited: a copy only ends once the original has been read as well.
        void reader.cancel().catch(() => undefined)
        return undefined
      }
    }
    return text
  } catch {
    return undefined
  }
}

/** A body, or an error of whichever HTTP client: its own code fields, or a body it carries. */
function refusalOfValue(spec: ClassifierSpec, value: unknown): Refusal | undefined {
  if (!isObject(value)) return undefined
  const { response, details, data, body } = value
  const platformCode = isObject(details) ? details['platformCode'] : undefined
  const first = spec.answer.code[0]
  const asBody = platformCode === undefined || first === undefined ? undefined : { [first]: platformCode }
  for (const candidate of [asBody, value, data, body, isObject(response) ? response['data'] : undefined]) {
    const parsed = typeof candidate === 'string' ? parseBody(candidate) : candidate
    const refusal = classify(spec, 'api', { status: 0, headers: noHeaders, body: parsed })
    if (refusal !== undefined && refusal.errorClass !== 'unknown') return refusal
  }
  return undefined
}

function isResponse(value: unknown): value is Response {
  return isObject(value) && typeof value['clone'] === 'function' && 'bodyUsed' in value && isObject(value['headers'])
}
