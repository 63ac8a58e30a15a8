import { GatewayError } from './call-error.js'

/** Something that runs for a call. */
export interface Stoppable {
  stop(reason: GatewayError): void
}

/** The end of a call before its response was sent: its client is gone, or the platform takes too long. */
export class CallEnd {
  #reason: GatewayError | undefined
  #running: Stoppable | undefined

  /** Ends the call. Does nothing if it has ended. @param reason the error of the call; without one, the client is gone */
  end(reason = new GatewayError(502, 'the client is gone')): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#running?.stop(reason)
  }

  /** Stops this when the call ends, in place of what was given before. @throws GatewayError if the call has ended */
  stops(running: Stoppable): void {
    if (this.#reason !== undefined) throw this.#reason
    this.#running = running
  }
}
