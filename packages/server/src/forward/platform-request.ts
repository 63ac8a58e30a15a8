import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { CallEnd } from './call-end.js'
import { GatewayError } from './call-error.js'
import type { Deadlines } from './deadlines.js'

/** A response of the platform. */
export interface PlatformResponse<Body = Buffer | Readable> {
  readonly status: number
  /** Names are in small letters. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The whole body if it was kept, otherwise a stream. */
  readonly body: Body
}

/** What ends a request, and how much of its response is kept. */
export interface PlatformRequestOptions {
  readonly ended: CallEnd
  /** Limits the wait for the head of the response, together with that for a connection. */
  readonly deadlines?: Deadlines | undefined
  /** The largest body that is kept, by the head of its response. A longer one is a stream. */
  readonly mostKept: (head: Omit<PlatformResponse, 'body'>) => number
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

/**
 * Follows one request. `undici.request` does so, too, with a stream for each body, which costs a short call as much as all the rest of
 * `undici`.
 */
class PlatformRequest implements Dispatcher.DispatchHandler {
  readonly #options: PlatformRequestOptions
  readonly #resolve: (response: PlatformResponse) => void
  readonly #reject: (error: Error) => void
  /** Absent before a connection is free. */
  #controller: Dispatcher.DispatchController | undefined
  #stopped: Error | undefined
  #isOver = false
  #head: Omit<PlatformResponse, 'body'> = { status: 0, headers: {} }
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
    options.ended.onEnd(this.#stop)
    options.deadlines?.add(this.#late)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#stopped !== undefined) controller.abort(this.#stopped)
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: PlatformResponse['headers']): void {
    if (status < 200) return
    this.#options.deadlines?.remove(this.#late)
    this.#head = { status, headers }
    this.#mostKept = this.#options.mostKept(this.#head)
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
    this.#resolve({ ...this.#head, body })
  }

  onResponseError(_: unknown, error: Error): void {
    this.#isOver = true
    this.#options.deadlines?.remove(this.#late)
    this.#reject(error)
    this.#stream?.destroy(error)
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
    this.#resolve({ ...this.#head, body: stream })
  }

  readonly #stop = (reason: GatewayError): void => {
    if (this.#isOver) return
    this.#stopped = reason
    this.#options.deadlines?.remove(this.#late)
    // A request that waits for a connection is not known to `undici` yet.
    this.#reject(reason)
    this.#stream?.destroy(reason)
    this.#controller?.abort(reason)
  }

  readonly #late = (): void => {
    this.#options.ended.end(new GatewayError(504, 'no response from the platform in time; the call was not repeated'))
  }
}
