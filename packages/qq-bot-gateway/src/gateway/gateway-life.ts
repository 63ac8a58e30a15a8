import {
  isLingpaiError,
  PlatformError,
  TransportError,
  type AnyLingpaiError,
  type Clock,
  type IAccessTokenCache,
  type TokenSource,
} from '@lingpai/core'
import { networkFault, faultHint, passes, pauseUntilAborted } from '@lingpai/core/internal'
import type { EventHub } from '../events/event-hub.js'
import { closeRuleOf } from './close-codes.js'
import { openConnection, type ConnectionOutcome, type GatewayConnection } from './gateway-connection.js'
import { fetchGatewayInfo, type GatewayInfo } from './gateway-info.js'
import { gatewayKey } from './gateway-key.js'
import type { QQBotGatewaySocketClass } from './gateway-socket.js'
import { handledEvents, type HandledEvents } from './handled-events.js'
import { greetingText, type IdentifyFacts } from './identify.js'
import { nextMove, noFailures, type QQBotGatewayBackoff, type NextMove } from './next-move.js'
import type { QQBotGatewayPayload } from './payload.js'
import { resumableCode, type GatewaySession, type ProtocolTimes } from './protocol.js'
import { sessionStore, type SessionStore } from './session-store.js'
import { startBudget, type StartBudget } from './start-budget.js'

/** What a gateway's life needs. */
export interface LifeParts {
  readonly source: TokenSource
  readonly facts: IdentifyFacts
  readonly cache: IAccessTokenCache | undefined
  readonly clock: Clock
  readonly random: () => number
  readonly WebSocket: QQBotGatewaySocketClass
  readonly maxPayloadBytes: number
  readonly times: ProtocolTimes
  readonly backoff: QQBotGatewayBackoff
  readonly hub: EventHub
  /** When the stored session moves past an event. */
  readonly acknowledge: 'received' | 'handled'
  /** Called with each new event of the platform. @returns a promise of the work that is still running; it never rejects */
  readonly dispatch: (payload: QQBotGatewayPayload) => Promise<unknown> | undefined
}

/** Close code that ends the session, as the platform's own clients use it. */
const goodbye = 1000

/** Runs one connection after another until it is stopped or fails permanently. */
export class GatewayLife {
  readonly #parts: LifeParts
  readonly #closing = new AbortController()
  readonly #store: SessionStore | undefined
  readonly #budget: StartBudget
  readonly #handled: HandledEvents | undefined
  #connection: GatewayConnection | undefined
  #session: GatewaySession | undefined
  #history = noFailures
  #isLive = false
  #wasLive = false
  /** Address of the last connection that opened; asked for again after one that did not. */
  #info: GatewayInfo | undefined
  /** Generation of the token that was sent last. */
  #generation: number | undefined
  #running: Promise<void> | undefined

  constructor(parts: LifeParts) {
    this.#parts = parts
    const { source, cache, clock, random, hub, facts } = parts
    const failed = (error: AnyLingpaiError): void => {
      hub.emit('error', error)
    }
    const waiting = (untilMs: number): void => {
      hub.emit('waiting', { untilMs })
    }
    if (parts.acknowledge === 'handled') {
      this.#handled = handledEvents(() => {
        this.#setSession(this.#session)
      })
    }
    this.#budget = startBudget({ source, cache, clock, random, waiting, failed })
    const shard = facts.shard.join('-')
    this.#store =
      cache &&
      sessionStore({ cache, clock, failed, key: gatewayKey(source.account, shard), kind: `${facts.intents}/${shard}` })
  }

  /** Whether events are being received. */
  get isLive(): boolean {
    return this.#isLive
  }

  get session(): GatewaySession | undefined {
    return this.#session
  }

  /** Runs until `stop`. @throws PlatformError after a fatal close code; the error of the first connection if waiting does not help */
  run(): Promise<void> {
    return (this.#running ??= this.#run())
  }

  /** Stops; settles when the socket is closed and the session is stored. */
  async stop(): Promise<void> {
    this.#closing.abort()
    this.#connection?.stop(this.#store === undefined ? goodbye : resumableCode)
    await this.#running?.catch(() => undefined)
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    try {
      this.#session = await this.#store?.open(signal)
      while (!signal.aborted) {
        const move = await this.#attempt(signal)
        if (move !== undefined) await this.#follow(move, signal)
      }
    } finally {
      this.#isLive = false
      await this.#store?.close()
    }
  }

  /** Runs one connection, from asking for the address until its socket is closed. */
  async #attempt(signal: AbortSignal): Promise<NextMove | undefined> {
    const { hub, clock, backoff, random } = this.#parts
    if ((await this.#store?.isLost()) === true) this.#session = undefined
    let outcome: ConnectionOutcome | undefined
    try {
      outcome = await this.#connect(signal)
    } catch (thrown) {
      return isOver(signal) ? undefined : this.#failed(thrown)
    }
    if (outcome === undefined) return undefined
    const { ending, liveSinceMs, failure } = outcome
    const liveMs = liveSinceMs === undefined ? 0 : clock.monotonic() - liveSinceMs
    const move = nextMove(this.#history, { ending, liveMs }, backoff, random())
    const { code, reason } = ending
    const willReconnect = move.kind === 'connect' && !isOver(signal)
    hub.emit('disconnected', { code, reason, willReconnect })
    if (isOver(signal)) return undefined
    if (failure !== undefined) return this.#failed(failure.error)
    if (move.kind === 'stop') throw this.#report(this.#fatal(code, reason))
    return move
  }

  async #connect(signal: AbortSignal): Promise<ConnectionOutcome | undefined> {
    const { source, clock, random, WebSocket, maxPayloadBytes, times, hub, facts } = this.#parts
    const info = await this.#whereTo(signal)
    const start = (): Promise<() => boolean> => this.#budget.take(info.startLimit, signal)
    let isInTime = this.#session === undefined ? await start() : () => true
    if (signal.aborted) return undefined
    const seen = { isOpen: false }
    this.#connection = openConnection({
      url: info.url,
      provider: source.account.provider,
      session: this.#session,
      WebSocket,
      maxPayloadBytes,
      times,
      clock,
      random,
      ask: async (session, asking) => {
        const { value, generation } = await source.getRecord({ signal: asking })
        this.#generation = generation
        // Waiting for the token may have used up the moment for the session start.
        while (session === undefined && !isInTime() && !asking.aborted) isInTime = await start()
        return greetingText(value, session, facts)
      },
      listeners: {
        opened: () => {
          seen.isOpen = true
          hub.emit('connected', { host: new URL(info.url).host })
        },
        payload: (payload) => {
          if (hub.has('raw')) hub.emit('raw', payload)
        },
        ready: (session, { user }) => {
          this.#goLive(session)
          hub.emit('ready', { sessionId: session.id, shard: facts.shard, user })
        },
        resumed: (session, replayed) => {
          this.#goLive(session)
          hub.emit('resumed', { sessionId: session.id, replayed })
        },
        dispatch: (payload, session) => {
          const working = this.#parts.dispatch(payload)
          if (working !== undefined && session !== undefined) void working.then(this.#handled?.begin(session))
          this.#setSession(session)
        },
        error: (error) => {
          this.#report(error)
        },
      },
    })
    const outcome = await this.#connection.done
    this.#connection = undefined
    this.#isLive = false
    this.#info = seen.isOpen ? info : undefined
    return outcome
  }

  /** A session start needs the current limits; a resume only needs the address. */
  async #whereTo(signal: AbortSignal): Promise<GatewayInfo> {
    if (this.#session === undefined || this.#info === undefined) {
      this.#info = await fetchGatewayInfo(this.#parts.source, { clock: this.#parts.clock, signal })
    }
    return this.#info
  }

  async #follow(move: NextMove, signal: AbortSignal): Promise<void> {
    if (move.kind === 'stop' || signal.aborted) return
    const { hub, clock, source } = this.#parts
    this.#history = move.history
    if (move.dropsSession) this.#setSession(undefined)
    const { delayMs } = move
    hub.emit('reconnecting', {
      attempt: move.history.failures,
      delayMs,
      willResume: this.#session !== undefined,
    })
    await pauseUntilAborted(clock, delayMs, signal, { holdsProcess: true })
    if (!move.rejectsToken || this.#generation === undefined || isOver(signal)) return
    try {
      await source.reportRejected({ generation: this.#generation }, undefined, { signal })
    } catch (error) {
      if (!isOver(signal)) this.#report(error)
    }
  }

  /** Handles a connection that could not be made. */
  #failed(thrown: unknown): NextMove {
    const { clock, backoff, random } = this.#parts
    const error = this.#report(thrown)
    if (this.#isHopeless(error)) throw error
    const ending = { action: 'resume', rejectedResume: false } as const
    const move = nextMove(this.#history, { ending, liveMs: 0 }, backoff, random())
    const retryInMs = (error.retryAtMs ?? 0) - clock.now()
    return move.kind === 'connect' && retryInMs > move.delayMs ? { ...move, delayMs: retryInMs } : move
  }

  /** Before the first connection, an error that only an operator can fix is thrown at once. After it, the gateway waits for the fix. */
  #isHopeless(error: AnyLingpaiError): boolean {
    if (error.code === 'ERR_LINGPAI_CONFIG' || error.code === 'ERR_LINGPAI_CLOSED') return true
    // An unknown platform error may be temporary.
    const isUnknown = error.code === 'ERR_LINGPAI_PLATFORM' && error.details.errorClass === 'unknown'
    return !this.#wasLive && !error.retryable && !isUnknown
  }

  #fatal(code: number, reason: string): AnyLingpaiError {
    const { provider } = this.#parts.source.account
    const { meaning, errorClass = 'unknown', hint } = closeRuleOf(code)
    return new PlatformError(
      `${provider}: gateway: closed for good: ${meaning} (${code})`,
      { provider, endpoint: 'api', platformCode: code, platformMessage: reason, errorClass },
      hint === undefined ? {} : { hint },
    )
  }

  #report(thrown: unknown): AnyLingpaiError {
    const error = isLingpaiError(thrown) ? thrown : this.#foreign(thrown)
    this.#parts.hub.emit('error', error)
    return error
  }

  /** Wraps errors of `fetch` or of a custom source. Only the error's name is used, because its message may contain anything. */
  #foreign(thrown: unknown): AnyLingpaiError {
    const name = typeof thrown === 'object' && thrown !== null && 'name' in thrown ? String(thrown.name) : typeof thrown
    const { provider } = this.#parts.source.account
    const fault = networkFault(thrown)
    const { phase, systemCode, problem } = fault
    return new TransportError(
      `${provider}: gateway: a request failed (${systemCode ?? name})`,
      { provider, phase, ...(systemCode !== undefined && { systemCode }) },
      problem === undefined ? {} : { retryable: passes(fault), hint: faultHint(problem, 'en') },
    )
  }

  #goLive(session: GatewaySession): void {
    this.#isLive = true
    this.#wasLive = true
    this.#setSession(session)
  }

  #setSession(session: GatewaySession | undefined): void {
    this.#session = session
    this.#store?.store(session && (this.#handled?.upTo(session) ?? session))
  }
}

/** A function, so that the signal is read again after each `await`. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted
}
