import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { CallEnd, Stoppable } from './call-end.js'
import { GatewayError } from './call-error.js'
import type { Deadline, Deadlines } from './deadlines.js'

/** A response of the platform. */
export interface PlatformResponse {
  readonly status: number
  /** Names are in small letters. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The whole body if it was kept, otherwise a stream. */
  readonly body: Buffer | Readable
}

/** What ends a request, and how much of its response is kept. */
export interface PlatformRequestOptions {
  readonly ended: CallEnd
  /** Limits the wait for the head of the response, together with that for a connection. */
  readonly deadlines?: Deadlines | undefined
  /** The largest body that is kept, by the head of its response. A longer one is a stream. */
  readonly mostKept: (status: number, headers: PlatformResponse['headers']) => number
}

/** Sends a request. Resolves with a body that was kept once it is whole, and with a stream once its head has arrived. */
export async function requestPlatform(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  options: PlatformRequestOptions,
): Promise<PlatformResponse> {
  return new Promise((resolve, reject) => {
    dispatcher.dispatch(request, new PlatformRequest(options, resolve, reject))
  })
}

/** Follows one request. `undici.request` does so, too, but makes a stream of each body, which costs more than a short body itself. */
class PlatformRequest implements Dispatcher.DispatchHandler, Stoppable {
  readonly #options: PlatformRequestOptions
  readonly #resolve: (response: PlatformResponse) => void
  readonly #reject: (error: Error) => void
  /** Absent before a connection is free. */
  #controller: Dispatcher.DispatchController | undefined
  readonly #deadline: Deadline | undefined
  #stopped: Error | undefined
  #isOver = false
  #status = 0
  #headers: PlatformResponse['headers'] = {}
  /** Parts of a body that is kept. */
  #parts: Buffer[] = []
  #size = 0
  #mostKept = 0
  #stream: Readable | undefined

  constructor(
    options: PlatformRequestOptions,
    resolve: (response: PlatformResponse) => void,
    reject: (error: Error) => void,
  ) {
    this.#options = options
    this.#resolve = resolve
    this.#reject = reject
    options.ended.stops(this)
    this.#deadline = options.deadlines?.add(options.ended)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#stopped !== undefined) controller.abort(this.#stopped)
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: PlatformResponse['headers']): void {
    if (status < 200) return
    this.#endWait()
    this.#status = status
    this.#headers = headers
    this.#mostKept = this.#options.mostKept(status, headers)
    if (this.#mostKept === 0 || Number(headers['content-length']) > this.#mostKept) this.#startStream()
  }

  onResponseData(controller: Dispatcher.DispatchController, part: Buffer): void {
    if (this.#stream === undefined) {
      this.#parts.push(part)
      this.#size += part.length
      if (this.#size > this.#mostKept) this.#startStream()
    } else if (!this.#stream.push(part)) controller.pause()
  }

  onResponseEnd(): void {
    this.#isOver = true
    if (this.#stream !== undefined) {
      this.#stream.push(null)
      return
    }
    const [only] = this.#parts
    const body = only !== undefined && this.#parts.length === 1 ? only : Buffer.concat(this.#parts)
    this.#resolveWith(body)
  }

  onResponseError(_: unknown, error: Error): void {
    this.#isOver = true
    this.#fail(error)
  }

  stop(reason: GatewayError): void {
    if (this.#isOver) return
    this.#stopped = reason
    // A request that waits for a connection is not known to `undici` yet.
    this.#fail(reason)
    this.#controller?.abort(reason)
  }

  /** Passes the body on while it arrives, beginning with what was kept. */
  #startStream(): void {
    const stream = new Readable({
      read: () => this.#controller?.resume(),
      destroy: (error, done) => {
        if (!this.#isOver) this.#controller?.abort(error ?? new GatewayError(502, 'the client is gone'))
        done(error)
      },
    })
    // It may fail before its first reader comes.
    stream.on('error', () => undefined)
    for (const part of this.#parts) stream.push(part)
    this.#parts = []
    this.#stream = stream
    this.#resolveWith(stream)
  }

  #resolveWith(body: Buffer | Readable): void {
    this.#resolve({ status: this.#status, headers: this.#headers, body })
  }

  /** Removes the limit for the head. */
  #endWait(): void {
    if (this.#deadline !== undefined) this.#options.deadlines?.remove(this.#deadline)
  }

  #fail(error: Error): void {
    this.#endWait()
    this.#reject(error)
    this.#stream?.destroy(error)
  }
}
