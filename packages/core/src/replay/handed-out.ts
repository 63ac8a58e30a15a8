import type { TokenSource } from '../token-source.js'

/** So many tokens are remembered: the latest of each tenant, and those of calls under way. */
const mostTokens = 10_000

/** The tokens that another SDK was given, with their sources: a call is told by the token that it carries. */
export class HandedOut {
  readonly #sources = new Map<string, TokenSource>()

  add(token: string, source: TokenSource): void {
    // To the end: a token that is still handed out outlives those that are not.
    this.#sources.delete(token)
    this.#sources.set(token, source)
    const [oldest] = this.#sources.keys()
    if (this.#sources.size > mostTokens && oldest !== undefined) this.#sources.delete(oldest)
  }

  /** The source of a token; `undefined` if it came from elsewhere, such as a user's. */
  sourceOf(token: string): TokenSource | undefined {
    return this.#sources.get(token)
  }
}
