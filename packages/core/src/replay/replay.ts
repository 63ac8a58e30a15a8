import type { ErrorResponse } from '../provider/classify.js'
import type { GetTokenOptions, TokenSource } from '../token-source.js'

/** A call that can be made with one token and then with another. */
export interface RepeatableCall<Result> {
  readonly send: (token: string) => Promise<Result>
  /** The token error in a result, if it is one. */
  readonly tokenErrorIn: (result: Result) => ErrorResponse | undefined | Promise<ErrorResponse | undefined>
  /** Called before the call is made again. What it throws ends the call. */
  readonly beforeRepeat?: (first: Result, errorResponse: ErrorResponse, tokens: readonly string[]) => Promise<void>
}

/** Makes a call, and makes it once more with another token where the platform rejects the first one. */
export async function replay<Result>(
  source: Pick<TokenSource, 'getAccessToken' | 'reportRejected'>,
  { send, tokenErrorIn, beforeRepeat }: RepeatableCall<Result>,
  options?: GetTokenOptions,
): Promise<Result> {
  const signal = options?.signal
  const token = await source.getAccessToken(options)
  const first = await send(token)
  const errorResponse = await tokenErrorIn(first)
  if (errorResponse === undefined) return first
  const other = await source.reportRejected(token, errorResponse.code, signal && { signal })
  // The platform's own probe accepts the token: the error was about the call.
  if (other === token) return first
  signal?.throwIfAborted()
  await beforeRepeat?.(first, errorResponse, [token, other])
  const second = await send(other)
  const again = await tokenErrorIn(second)
  // This call is over, but later callers must not get a token that was rejected here.
  if (again !== undefined) source.reportRejected(other, again.code).catch(() => undefined)
  return second
}
