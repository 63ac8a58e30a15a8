/** Where an SDK is pointed. */
export interface SdkPlace {
  /** Base URL for tokens: this server, or the platform itself. */
  readonly tokens: string
  /** Base URL for everything else. */
  readonly apis: string
  readonly appId: string
  /** The platform's secret, or a client key. */
  readonly secret: string
}

/** What became of a call. */
export interface Outcome {
  readonly ok: boolean
  /** The platform's code where it refused. */
  readonly code?: number
  /** What the SDK threw, or would have logged. */
  readonly text?: string
}

/** One instance of somebody else's SDK, with a memory of its own. */
export interface Sdk {
  /** An API call, as a user of this SDK writes it. */
  call(): Promise<Outcome>
  /** A jsapi ticket, likewise. */
  ticket(): Promise<Outcome>
}
