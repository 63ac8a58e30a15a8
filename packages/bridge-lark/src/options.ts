import type { Cache, HttpInstance } from '@larksuiteoapi/node-sdk'

/** Options of `larkBridge`. */
export interface LarkBridgeOptions {
  /** Sends the requests. @default the SDK's own instance */
  readonly httpInstance?: HttpInstance
  /** Keeps what the SDK stores besides tenant tokens, such as users' tokens. @default the SDK's own, in memory */
  readonly cache?: Cache
  /**
   * Called with each `app_ticket` that the SDK's event dispatcher receives: `appTickets(…).receive`. Give the dispatcher the bridge's
   * cache: `new EventDispatcher({ cache: bridge.cache })`.
   */
  readonly onAppTicket?: (ticket: string) => unknown
}
