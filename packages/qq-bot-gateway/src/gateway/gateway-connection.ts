import { TransportError, type AnyLingpaiError, type Clock, type Timer } from '@lingpai/core'
import type { QQBotGatewaySocket, QQBotGatewaySocketClass } from './gateway-socket.js'
import { badFrameError, readFrame, type QQBotGatewayPayload } from './payload.js'
import {
  initialState,
  step,
  type Ending,
  type GatewaySession,
  type ProtocolEffect,
  type ProtocolInput,
  type ProtocolTimer,
  type ProtocolTimes,
} from './protocol.js'
import { socketError } from './socket-error.js'

/** Maximum duration of the closing handshake before the socket is terminated. */
const closingMs = 2000

/** What a connection needs. */
export interface ConnectionOptions {
  readonly url: string
  /** Name of the provider, for error texts. */
  readonly provider: string
  /** The session to resume. */
  readonly session: GatewaySession | undefined
  readonly WebSocket: QQBotGatewaySocketClass
  readonly maxPayloadBytes: number
  readonly times: ProtocolTimes
  readonly clock: Clock
  readonly random: () => number
  /** Returns the text of Identify or Resume. A rejection ends the connection. */
  readonly ask: (session: GatewaySession | undefined, signal: AbortSignal) => Promise<string>
  readonly listeners: ConnectionListeners
}

/** Callbacks of a connection. None is called after it has ended. */
export interface ConnectionListeners {
  readonly opened: () => void
  /** Receives every payload before it is processed. */
  readonly payload: (payload: QQBotGatewayPayload) => void
  readonly ready: (session: GatewaySession, data: Readonly<Record<string, unknown>>) => void
  readonly resumed: (session: GatewaySession, replayed: number) => void
  readonly dispatch: (payload: QQBotGatewayPayload, session: GatewaySession | undefined) => void
  readonly error: (error: unknown) => void
}

/** A connection that has ended, and its session at that moment. */
export interface ConnectionOutcome {
  readonly ending: Ending
  readonly session: GatewaySession | undefined
  /** Monotonic time at which the connection became live. */
  readonly liveSinceMs: number | undefined
  /** The cause of the end: what `ask` rejected with, or a permanent reason why the socket did not open. */
  readonly failure?: { readonly error: unknown }
}

/** One attempt to connect, with its own socket, timers and state. */
export interface GatewayConnection {
  /** Settles when the socket is closed; never rejects. */
  readonly done: Promise<ConnectionOutcome>
  /** Closes the connection with a code. */
  stop(code: number): void
}

/** Opens a connection. */
export function openConnection(options: ConnectionOptions): GatewayConnection {
  return new Connection(options)
}

class Connection implements GatewayConnection {
  readonly done: Promise<ConnectionOutcome>
  readonly #options: ConnectionOptions
  readonly #socket: QQBotGatewaySocket
  readonly #timers = new Map<ProtocolTimer | 'closing', Timer>()
  readonly #asking = new AbortController()
  #state
  #ending: Ending | undefined
  #isOpen = false
  #liveSinceMs: number | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#state = initialState(options.session)
    const { WebSocket, url, maxPayloadBytes } = options
    this.#socket = new WebSocket(url, { maxPayload: maxPayloadBytes, perMessageDeflate: false })
    this.done = new Promise((resolve) => {
      this.#listen(resolve)
    })
    this.#take({ kind: 'opening' })
  }

  stop(code: number): void {
    this.#take({ kind: 'stopped', code })
  }

  #listen(resolve: (outcome: ConnectionOutcome) => void): void {
    const { provider, listeners } = this.#options
    this.#socket.on('open', () => {
      this.#isOpen = true
      if (this.#ending === undefined) listeners.opened()
    })
    this.#socket.on('message', (data, isBinary) => {
      if (this.#ending !== undefined) return
      const frame = readFrame(data, isBinary)
      if ('problem' in frame) {
        listeners.error(badFrameError(provider, frame))
        return
      }
      listeners.payload(frame)
      this.#take({ kind: 'payload', payload: frame })
    })
    this.#socket.on('error', (error) => {
      if (this.#ending !== undefined) return
      const failure = socketError(provider, error, this.#isOpen)
      if (failure.retryable) listeners.error(failure)
      else this.#failure = { error: failure }
    })
    this.#socket.on('close', (code, reason) => {
      this.#take({ kind: 'closed', code, reason: reason.toString('utf8') })
      this.#disarmAll()
      if (this.#ending === undefined) return
      const { session } = this.#state
      const failure = this.#failure
      resolve({ ending: this.#ending, session, liveSinceMs: this.#liveSinceMs, ...(failure && { failure }) })
    })
  }

  #take(input: ProtocolInput): void {
    const { state, effects } = step(this.#state, input, this.#options.times)
    this.#state = state
    for (const effect of effects) this.#do(effect)
  }

  #do(effect: ProtocolEffect): void {
    const { listeners, provider, clock } = this.#options
    switch (effect.kind) {
      case 'dispatch':
        listeners.dispatch(effect.payload, effect.session)
        break
      case 'arm':
        this.#arm(effect.timer, effect.delayMs * (effect.isJittered === true ? this.#options.random() : 1))
        break
      case 'disarm':
        this.#disarm(effect.timer)
        break
      case 'send':
        this.#socket.send(JSON.stringify(effect.payload))
        break
      case 'ask':
        void this.#ask(effect.session)
        break
      case 'ready':
        this.#liveSinceMs = clock.monotonic()
        listeners.ready(effect.session, effect.data)
        break
      case 'resumed':
        this.#liveSinceMs = clock.monotonic()
        listeners.resumed(effect.session, effect.replayed)
        break
      case 'malformed':
        listeners.error(badFrameError(provider, { problem: 'not-an-object' }, effect.what))
        break
      case 'end':
        this.#end(effect.ending, effect.close)
        break
    }
  }

  async #ask(session: GatewaySession | undefined): Promise<void> {
    const { ask } = this.#options
    const { signal } = this.#asking
    try {
      const text = await ask(session, signal)
      if (signal.aborted) return
      this.#socket.send(text)
      this.#take({ kind: 'asked' })
    } catch (error) {
      if (signal.aborted) return
      this.#failure = { error }
      this.#take({ kind: 'failed' })
    }
  }

  #end(ending: Ending, close: number | 'cut'): void {
    if (ending.cause === 'missed-ack' || ending.cause === 'silent') this.#options.listeners.error(this.#silence(ending))
    this.#ending = ending
    this.#asking.abort()
    this.#disarmAll()
    if (close === 'cut') {
      this.#socket.terminate()
      return
    }
    this.#arm('closing', closingMs)
    this.#socket.close(close)
  }

  #silence({ reason }: Ending): AnyLingpaiError {
    const { provider } = this.#options
    return new TransportError(`${provider}: gateway: ${reason} in time`, { provider, phase: 'timeout' })
  }

  #arm(timer: ProtocolTimer | 'closing', delayMs: number): void {
    this.#disarm(timer)
    const fire = (): void => {
      this.#timers.delete(timer)
      if (timer === 'closing') this.#socket.terminate()
      else this.#take({ kind: 'timer', timer })
    }
    this.#timers.set(timer, this.#options.clock.setTimer(fire, delayMs))
  }

  #disarm(timer: ProtocolTimer | 'closing'): void {
    this.#timers.get(timer)?.cancel()
    this.#timers.delete(timer)
  }

  #disarmAll(): void {
    for (const timer of [...this.#timers.keys()]) this.#disarm(timer)
  }
}
