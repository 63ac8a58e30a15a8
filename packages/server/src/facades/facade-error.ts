import type { PlatformCode } from '@lingpai/core'

/** A platform's error code and message. */
export type PlatformWords = readonly [code: PlatformCode, text: string]

/** A facade's error, in the format of the platform. */
export class FacadeError extends Error {
  override readonly name = 'FacadeError'
  readonly code: PlatformCode

  /** @param explanation what the client or its operator should do; contains no secret and no token */
  constructor([code, text]: PlatformWords, explanation?: string) {
    super(explanation === undefined ? text : `${text}, lingpai: ${explanation}`)
    this.code = code
  }
}

/** Whether an error is a {@link FacadeError}. */
export function isFacadeError(error: unknown): error is FacadeError {
  return (error as { readonly name?: unknown } | undefined)?.name === 'FacadeError'
}
