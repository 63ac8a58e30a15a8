/** Where a server listens, and the key that it accepts. */
export interface ServerTarget {
  readonly url: string
  readonly key: string
  /** What to request, if that differs between servers. */
  readonly path?: string
}

/** A response that every server sends. */
export interface ServedResponse {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
