import type { PlatformCode } from '@lingpai/core'

/** A platform's code and words for something that a facade has to say. */
export type PlatformWords = readonly [code: PlatformCode, text: string]

/** A request that a facade refuses, in the platform's terms. */
export class FacadeRefusal extends Error {
  override readonly name = 'FacadeRefusal'
  readonly code: PlatformCode

  /** @param explanation what the client, or its operator, is to do; no secret, no token */
  constructor([code, text]: PlatformWords, explanation?: string) {
    super(explanation === undefined ? text : `${text}, lingpai: ${explanation}`)
    this.code = code
  }
}

/** Whether an error is a {@link FacadeRefusal}. */
export function isFacadeRefusal(error: unknown): error is FacadeRefusal {
  return (error as { readonly name?: unknown } | undefined)?.name === 'FacadeRefusal'
}
