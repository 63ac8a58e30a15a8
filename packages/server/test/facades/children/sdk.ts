/** The hosts that an SDK uses. */
export interface SdkPlace {
  /** Base URL for tokens: this server, or the platform itself. */
  readonly tokens: string
  /** Base URL for all other calls. */
  readonly apis: string
  /** The platform's id of the app; for WeCom, of the corp. */
  readonly appId: string
  /** The platform's secret, or a client key. */
  readonly secret: string
}

/** The outcome of a call. */
export interface Outcome {
  readonly ok: boolean
  /** The platform's error code, if any. */
  readonly code?: number
  /** The error that the SDK threw or would have logged. */
  readonly text?: string
}

/** One instance of a third-party SDK, with its own memory. */
export interface Sdk {
  /** Makes an API call like a user of this SDK, who fetches a token and repeats the call if the platform rejects the token. */
  call(): Promise<Outcome>
  /** Makes an API call; nothing but the SDK itself repeats it. */
  plainCall(): Promise<Outcome>
  /** Gets a jsapi ticket like a user of this SDK. */
  ticket?(): Promise<Outcome>
  /** Uploads a file; nothing but the SDK itself repeats it. */
  upload?(path: string): Promise<Outcome>
}
