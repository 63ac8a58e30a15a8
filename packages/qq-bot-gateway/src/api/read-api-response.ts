import { readLimited } from './read-limited.js'

/** An answer of the API, read. */
export interface ApiAnswer {
  readonly status: number
  readonly headers: Headers
  /** Its JSON object; `undefined` where there was none, or too much of it. */
  readonly body: Readonly<Record<string, unknown>> | undefined
  /** Length of the body, as far as it was read. */
  readonly bytes: number
}

/** What the platform answers is a few hundred bytes. */
const longestAnswer = 64 * 1024

/** Reads an answer of the API, no further than it can be one. */
export async function readApiAnswer(response: Response): Promise<ApiAnswer> {
  const { status, headers } = response
  const read = await readLimited(response, longestAnswer)
  if (read === undefined) {
    // Gives the connection back.
    void response.body?.cancel().catch(() => undefined)
    return { status, headers, bytes: longestAnswer, body: undefined }
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
