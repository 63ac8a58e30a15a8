import { EventEmitter } from 'node:events'
import { GatewayError } from './call-error.js'

/** Tells a call that it must end. `undici` takes it as a signal; an `AbortSignal` does the same and costs several times as much. */
export class CallEnd extends EventEmitter<{ abort: [] }> {
  aborted = false
  reason: GatewayError | undefined

  /** Ends the call. Does nothing if it has ended. @param reason the error of the call; without one, the client is gone */
  end(reason = new GatewayError(502, 'the client is gone')): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    this.emit('abort')
  }

  /** @throws GatewayError if the call has ended */
  throwIfEnded(): void {
    if (this.reason !== undefined) throw this.reason
  }
}
