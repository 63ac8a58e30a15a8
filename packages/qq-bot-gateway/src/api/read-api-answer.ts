/** An answer of the API, read. */
export interface ApiAnswer {
  readonly status: number
  readonly headers: Headers
  /** Its JSON object; `undefined` where there was none, or too much of it. */
  readonly body: Readonly<Record<string, unknown>> | undefined
  readonly bytes: number
}

/** What the platform answers is a few hundred bytes. */
const longestAnswer = 64 * 1024

/** Reads an answer of the API. */
export async function readApiAnswer(response: Response): Promise<ApiAnswer> {
  const { status, headers } = response
  const text = await response.text()
  const bytes = Buffer.byteLength(text)
  return { status, headers, bytes, body: bytes > longestAnswer ? undefined : objectIn(text) }
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
