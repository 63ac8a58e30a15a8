import { GatewayError } from './call-error.js'

/** The end of a call before its response was sent: its client is gone, or the platform takes too long. */
export class CallEnd {
  #reason: GatewayError | undefined
  #stop: ((reason: GatewayError) => void) | undefined

  /** Ends the call. Does nothing if it has ended. @param reason the error of the call; without one, the client is gone */
  end(reason = new GatewayError(502, 'the client is gone')): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#stop?.(reason)
  }

  /** Sets what stops the current request to the platform. @throws GatewayError if the call has ended */
  onEnd(stop: (reason: GatewayError) => void): void {
    if (this.#reason !== undefined) throw this.#reason
    this.#stop = stop
  }
}
