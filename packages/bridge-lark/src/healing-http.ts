import type { HttpInstance, HttpRequestOptions } from '@larksuiteoapi/node-sdk'
import { tokenErrorIn, type HandedOut } from '@lingpai/core/internal'
import type { TokenSource } from '@lingpai/core'
import { legibly, type LegibleOutcome } from './legible-outcome.js'

type Options = HttpRequestOptions<unknown>

/** An HTTP client that makes a call once more where Feishu rejects its token, and leaves all other calls as they are. */
export function healingHttp(http: HttpInstance, handedOut: HandedOut): HttpInstance {
  const request = async <T>(options: Options): Promise<T> => {
    const token = bearerIn(options)
    const source = token === undefined ? undefined : handedOut.sourceOf(token)
    if (token === undefined || source === undefined) return http.request(options)
    if (!isRepeatable(options.data)) return reportingRequest(http, source, token, options)
    const outcome = await source.withToken((current) => legibly(() => http.request<T>(withBearer(options, current))))
    return outcome.end()
  }
  const verb =
    (method: string) =>
    async <T>(url: string, options: Options = {}): Promise<T> =>
      request({ ...options, method, url })
  const verbWithBody =
    (method: string) =>
    async <T>(url: string, data?: unknown, options: Options = {}): Promise<T> =>
      request({ ...options, method, url, data })
  return {
    request,
    get: verb('GET'),
    delete: verb('DELETE'),
    head: verb('HEAD'),
    options: verb('OPTIONS'),
    post: verbWithBody('POST'),
    put: verbWithBody('PUT'),
    patch: verbWithBody('PATCH'),
  }
}

/** A call that cannot be made twice. Its rejection is reported, so that the next call has another token. */
async function reportingRequest<T>(
  http: HttpInstance,
  source: TokenSource,
  token: string,
  options: Options,
): Promise<T> {
  const report = async (outcome: unknown): Promise<void> => {
    const error = await tokenErrorIn(source.errorTables, outcome)
    if (error !== undefined) await source.reportRejected(token, error.code).catch(() => undefined)
  }
  let outcome: LegibleOutcome<T>
  try {
    outcome = await legibly(() => http.request<T>(options))
  } catch (error) {
    await report(error)
    throw error
  }
  await report(outcome)
  return outcome.end()
}

const scheme = 'Bearer '

function bearerIn({ headers = {} }: Options): string | undefined {
  const value: unknown = headers['Authorization']
  return typeof value === 'string' && value.startsWith(scheme) ? value.slice(scheme.length) : undefined
}

function withBearer(options: Options, token: string): Options {
  return { ...options, headers: { ...options.headers, Authorization: scheme + token } }
}

/** Whether a body can be sent twice: not if it is a stream, or a form with one. */
function isRepeatable(data: unknown): boolean {
  if (isStream(data)) return false
  return typeof data !== 'object' || data === null || !Object.values(data).some(isStream)
}

function isStream(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return 'pipe' in value || 'getReader' in value
}
