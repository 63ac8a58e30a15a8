import { readLimited } from './read-limited.js'

/** A parsed response of the API. */
export interface ApiResponse {
  readonly status: number
  readonly headers: Headers
  /** The JSON object; `undefined` if the body is not one or is too long. */
  readonly body: Readonly<Record<string, unknown>> | undefined
  /** Length of the body that was read. */
  readonly bytes: number
}

/** Responses of the platform are a few hundred bytes long. */
const longestResponse = 64 * 1024

/** Reads a response of the API, up to a maximum length. */
export async function readApiResponse(response: Response): Promise<ApiResponse> {
  const { status, headers } = response
  const read = await readLimited(response, longestResponse)
  if (read === undefined) {
    // Releases the connection.
    void response.body?.cancel().catch(() => undefined)
    return { status, headers, bytes: longestResponse, body: undefined }
  }
  return { status, headers, bytes: read.length, body: objectIn(read.toString('utf8')) }
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
