/// <reference lib="esnext.disposable" preserve="true" />
import { ClosedError, systemClock, type AnyLingpaiError } from '@lingpai/core'
import { EventHub } from './events/event-hub.js'
import { eventQueue, type EventQueue } from './events/event-queue.js'
import { toDispatch, type GatewayDispatch } from './events/gateway-dispatch.js'
import type { GatewayEventName, GatewayListener } from './events/gateway-events.js'
import { logGatewayEvents } from './events/log-gateway-events.js'
import { seenEvents } from './events/seen-events.js'
import { assertGatewayOptions, type QQBotGatewayOptions } from './gateway-options.js'
import { GatewayLife } from './gateway/gateway-life.js'
import { defaultSocketClass } from './gateway/gateway-socket.js'
import { intentBits } from './gateway/intents.js'
import type { GatewayPayload } from './gateway/payload.js'
import type { Message, SendOptions, SentMessage } from './sending/message.js'
import { QQBotSender } from './sending/qq-bot-sender.js'

/** Where a gateway stands. */
export interface GatewayStatus {
  /**
   * `idle`: not connected yet; `connecting`: the first time, or again; `live`: events come in; `failed`: given up, `error` says why;
   * `closed`: by `close()`.
   */
  readonly state: 'idle' | 'connecting' | 'live' | 'failed' | 'closed'
  readonly shard: readonly [index: number, count: number]
  /** The session, as long as there is one that can go on. */
  readonly session?: { readonly id: string; readonly seq: number }
  readonly error?: AnyLingpaiError
}

/**
 * A QQ bot's connection to the platform: it stays up, and a living process neither loses nor sees twice an event while the
 * platform lets the session go on.
 */
export class QQBotGateway {
  /** Sends the bot's messages; closed with the gateway. It needs no connection. */
  readonly sender: QQBotSender
  readonly #hub: EventHub
  readonly #life: GatewayLife
  readonly #shard: readonly [index: number, count: number]
  readonly #queues = new Set<EventQueue>()
  readonly #acknowledge: 'received' | 'handled'
  readonly #seen
  #connecting: Promise<void> | undefined
  #failure: AnyLingpaiError | undefined
  #isClosed = false

  /** @throws ConfigError for options that cannot be: intents, shard, numbers */
  constructor(options: QQBotGatewayOptions) {
    assertGatewayOptions(options)
    const {
      source,
      intents,
      shard = [0, 1],
      properties = {},
      sessionCache: cache,
      acknowledge = 'received',
      clock = systemClock,
      random = Math.random,
      WebSocket = defaultSocketClass,
      maxPayloadBytes = 1_048_576,
      ackTimeoutMs = 10_000,
      answerTimeoutMs = 20_000,
      rememberedEvents = 5000,
      backoff = {},
      sending,
      logger,
    } = options
    this.#shard = shard
    this.#acknowledge = acknowledge
    this.sender = new QQBotSender({ ...sending, source, clock })
    this.#seen = seenEvents(rememberedEvents)
    this.#hub = new EventHub((name, thrown) => {
      const write: ((message: string, fields: object) => unknown) | undefined = logger?.error.bind(logger)
      return write?.(`lingpai: qq gateway: a listener of ${name} threw`, { thrown: nameOf(thrown) })
    })
    if (logger !== undefined) logGatewayEvents(this.#hub, logger)
    this.#life = new GatewayLife({
      source,
      facts: { intents: intentBits(intents), shard, properties },
      cache,
      acknowledge,
      clock,
      random,
      WebSocket,
      maxPayloadBytes,
      times: { answerTimeoutMs, ackTimeoutMs },
      backoff,
      hub: this.#hub,
      dispatch: (payload) => this.#dispatch(payload),
    })
  }

  /**
   * Connects, and stays connected until `close()`.
   *
   * @returns settles when events come in for the first time; calling again gives the same promise
   * @throws PlatformError after a close code that is fatal, or when the platform refuses for a reason that no waiting mends;
   * ConfigError; ClosedError when it was closed meanwhile. Everything else is tried again for ever, and told as `error`.
   */
  connect(): Promise<void> {
    this.#connecting ??= this.#start()
    return this.#connecting
  }

  /** Listens to an event. @returns ends the listening */
  on<Name extends GatewayEventName>(name: Name, listener: GatewayListener<Name>): () => void {
    return this.#hub.on(name, listener)
  }

  /**
   * Events as a loop, from now on: `for await (const { event, data } of gateway.events())`. Ends with `close()`; throws what ended the
   * gateway, and a ConfigError when more than `maxQueued` events wait.
   *
   * @param options how many events may wait for the loop. @default 10_000
   */
  events({ maxQueued = 10_000 }: { readonly maxQueued?: number } = {}): AsyncIterableIterator<GatewayDispatch> {
    const queue = eventQueue(maxQueued, () => this.#queues.delete(queue))
    this.#queues.add(queue)
    if (this.#isClosed || this.#failure !== undefined) queue.finish(this.#failure)
    return queue
  }

  /** The same as `events()`. */
  [Symbol.asyncIterator](): AsyncIterableIterator<GatewayDispatch> {
    return this.events()
  }

  /** The same as `sender.sendGroupMessage()`. */
  sendGroupMessage(groupOpenid: string, message: string | Message, options?: SendOptions): Promise<SentMessage> {
    return this.sender.sendGroupMessage(groupOpenid, message, options)
  }

  /** The same as `sender.sendC2CMessage()`. */
  sendC2CMessage(userOpenid: string, message: string | Message, options?: SendOptions): Promise<SentMessage> {
    return this.sender.sendC2CMessage(userOpenid, message, options)
  }

  /** The same as `sender.sendChannelMessage()`. */
  sendChannelMessage(channelId: string, message: string | Message, options?: SendOptions): Promise<SentMessage> {
    return this.sender.sendChannelMessage(channelId, message, options)
  }

  /** The same as `sender.reply()`. */
  reply(dispatch: GatewayDispatch, message: string | Message, options?: SendOptions): Promise<SentMessage> {
    return this.sender.reply(dispatch, message, options)
  }

  /** Where it stands. */
  status(): GatewayStatus {
    const { session } = this.#life
    return {
      state: this.#state(),
      shard: this.#shard,
      ...(session !== undefined && { session: { ...session } }),
      ...(this.#failure !== undefined && { error: this.#failure }),
    }
  }

  /** Closes the connection, or the attempt at one, for good; settles when nothing of it is left. Listeners hear of `disconnected`, and of nothing after. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.sender.close()
    await this.#life.stop()
    for (const queue of [...this.#queues]) queue.finish()
  }

  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #start(): Promise<void> {
    const connecting = new Promise<void>((resolve, reject) => {
      const ends = (['ready', 'resumed'] as const).map((name) => this.#hub.on(name, () => void resolve()))
      const run = this.#isClosed ? Promise.resolve() : this.#life.run()
      run
        .then(
          () => void reject(closed()),
          (error: unknown) => {
            const failure = error as AnyLingpaiError
            this.#fail(failure)
            reject(failure)
          },
        )
        .finally(() => {
          for (const end of ends) end()
        })
    })
    // Told as `error` as well: a caller who does not wait for it is not to lose the process.
    connecting.catch(() => undefined)
    return connecting
  }

  #fail(error: AnyLingpaiError): void {
    this.#failure = error
    for (const queue of [...this.#queues]) queue.finish(error)
  }

  #state(): GatewayStatus['state'] {
    if (this.#isClosed) return 'closed'
    if (this.#failure !== undefined) return 'failed'
    if (this.#connecting === undefined) return 'idle'
    return this.#life.isLive ? 'live' : 'connecting'
  }

  /** @returns what is still at the event, where that is waited for; absent where everything is done */
  #dispatch(payload: GatewayPayload): Promise<unknown> | undefined {
    const dispatch = toDispatch(payload)
    if (!this.#seen.add(dispatch)) return undefined
    const listening = [
      this.#hub.handOut('raw_dispatch', payload),
      this.#hub.handOut('dispatch', dispatch),
      dispatch.event === 'other' ? undefined : this.#hub.handOut(dispatch.event, dispatch),
    ]
    if (this.#acknowledge === 'received') {
      for (const queue of this.#queues) queue.push(dispatch)
      return undefined
    }
    const looping = [...this.#queues].map(
      (queue) =>
        new Promise<void>((done) => {
          queue.push(dispatch, done)
        }),
    )
    const working = [...listening, ...looping].filter((work) => work !== undefined)
    return working.length === 0 ? undefined : Promise.all(working)
  }
}

function closed(): ClosedError {
  return new ClosedError('qq gateway: it was closed')
}

function nameOf(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'name' in thrown ? String(thrown.name) : typeof thrown
}
