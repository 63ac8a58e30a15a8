/** How the upstream answers. */
export interface UpstreamSettings {
  lifeSeconds: number
  delayMs: number
  /** Whether it answers token requests with 503. */
  isDown: boolean
  /** How far its clock is ahead of that of the machine. */
  aheadMs: number
}

/** What the upstream has counted. */
export interface UpstreamCounts {
  /** Token requests. */
  requests: number
  /** Token requests that were answered with 503. */
  refused: number
  /** Token requests that were open at the same time, at most. */
  mostAtOnce: number
  /** Calls of the API with a dead or revoked token. */
  rejectedCalls: number
}

/** An order to the upstream, which answers each with its counts. */
export interface UpstreamOrder {
  readonly set?: Partial<UpstreamSettings>
  readonly revokeAll?: boolean
  readonly resetCounts?: boolean
}
