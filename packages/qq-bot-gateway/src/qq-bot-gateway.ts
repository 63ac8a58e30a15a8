/// <reference lib="esnext.disposable" preserve="true" />
import { ClosedError, systemClock, type AnyLingpaiError } from '@lingpai/core'
import { EventHub } from './events/event-hub.js'
import { eventQueue, type EventQueue } from './events/event-queue.js'
import { toDispatch, type QQBotDispatch } from './events/qq-bot-dispatch.js'
import type { QQBotGatewayEventName, QQBotGatewayListener } from './events/gateway-events.js'
import { logGatewayEvents } from './events/log-gateway-events.js'
import { seenEvents } from './events/seen-events.js'
import { assertGatewayOptions, type QQBotGatewayOptions } from './gateway-options.js'
import { GatewayLife } from './gateway/gateway-life.js'
import { defaultSocketClass } from './gateway/gateway-socket.js'
import { intentBits } from './gateway/intents.js'
import type { QQBotGatewayPayload } from './gateway/payload.js'
import type { QQBotMessage, QQBotSendOptions, QQBotSentMessage } from './sending/message.js'
import { QQBotSender } from './sending/qq-bot-sender.js'

/** State of a gateway. */
export interface QQBotGatewayStatus {
  /**
   * `idle`: `connect()` was not called; `connecting`: connecting or reconnecting; `live`: receiving events; `failed`: stopped, see
   * `error`; `closed`: `close()` was called.
   */
  readonly state: 'idle' | 'connecting' | 'live' | 'failed' | 'closed'
  readonly shard: readonly [index: number, count: number]
  /** The session, while there is one that can be resumed. */
  readonly session?: { readonly id: string; readonly seq: number }
  readonly error?: AnyLingpaiError
}

/**
 * Connects a QQ bot to the platform and stays connected. While the platform lets the session resume, a running process neither loses
 * an event nor receives one twice.
 *
 * @example
 * ```ts
 * import { memoryCache } from '@lingpai/cache-memory'
 * import { TokenManager } from '@lingpai/core'
 * import { qqBot } from '@lingpai/provider-qq-bot'
 * import { QQBotGateway } from '@lingpai/qq-bot-gateway'
 *
 * const source = new TokenManager({ cache: memoryCache() }).source(qqBot, { appId: '102000000', clientSecret: 'secret' })
 * const gateway = new QQBotGateway({ source, intents: ['GROUP_AND_C2C_EVENT'] })
 * gateway.on('group_message', (message) => gateway.reply(message, 'Hello'))
 * await gateway.connect()
 * ```
 */
export class QQBotGateway {
  /** Sends the bot's messages. It needs no connection, and closes with the gateway. */
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

  /** @throws ConfigError naming the invalid option */
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
      responseTimeoutMs = 20_000,
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
      times: { responseTimeoutMs, ackTimeoutMs },
      backoff,
      hub: this.#hub,
      dispatch: (payload) => this.#dispatch(payload),
    })
  }

  /**
   * Connects, and stays connected until `close()`.
   *
   * @returns a promise that resolves when events are received for the first time. Further calls return the same promise
   * @throws PlatformError after a fatal close code, or if the platform rejects the bot permanently; ConfigError; ClosedError if the
   * gateway is closed meanwhile. Every other error is emitted as `error` and retried without end.
   */
  connect(): Promise<void> {
    this.#connecting ??= this.#start()
    return this.#connecting
  }

  /**
   * Listens to an event.
   *
   * @returns a function that removes the listener
   * @example
   * ```ts
   * import type { QQBotGateway } from '@lingpai/qq-bot-gateway'
   *
   * export function logDisconnects(gateway: QQBotGateway): () => void {
   *   return gateway.on('disconnected', ({ code, willReconnect }) => console.log(code, willReconnect))
   * }
   * ```
   */
  on<Name extends QQBotGatewayEventName>(name: Name, listener: QQBotGatewayListener<Name>): () => void {
    return this.#hub.on(name, listener)
  }

  /**
   * Returns the events from now on, for `for await (const { event, data } of gateway.events())`. The loop ends with `close()`. It throws
   * the error that stopped the gateway, or a ConfigError when more than `maxQueued` events are waiting.
   *
   * @param options `maxQueued` is the number of events that may wait for the loop. @default 10_000
   */
  events({ maxQueued = 10_000 }: { readonly maxQueued?: number } = {}): AsyncIterableIterator<QQBotDispatch> {
    const queue = eventQueue(maxQueued, () => this.#queues.delete(queue))
    this.#queues.add(queue)
    if (this.#isClosed || this.#failure !== undefined) queue.finish(this.#failure)
    return queue
  }

  /** Calls `events()`, so that `for await (const { event, data } of gateway)` works. */
  [Symbol.asyncIterator](): AsyncIterableIterator<QQBotDispatch> {
    return this.events()
  }

  /** Calls `sender.sendGroupMessage()`. */
  sendGroupMessage(
    groupOpenid: string,
    message: string | QQBotMessage,
    options?: QQBotSendOptions,
  ): Promise<QQBotSentMessage> {
    return this.sender.sendGroupMessage(groupOpenid, message, options)
  }

  /** Calls `sender.sendC2CMessage()`. */
  sendC2CMessage(
    userOpenid: string,
    message: string | QQBotMessage,
    options?: QQBotSendOptions,
  ): Promise<QQBotSentMessage> {
    return this.sender.sendC2CMessage(userOpenid, message, options)
  }

  /** Calls `sender.sendChannelMessage()`. */
  sendChannelMessage(
    channelId: string,
    message: string | QQBotMessage,
    options?: QQBotSendOptions,
  ): Promise<QQBotSentMessage> {
    return this.sender.sendChannelMessage(channelId, message, options)
  }

  /** Calls `sender.reply()`. */
  reply(
    dispatch: QQBotDispatch,
    message: string | QQBotMessage,
    options?: QQBotSendOptions,
  ): Promise<QQBotSentMessage> {
    return this.sender.reply(dispatch, message, options)
  }

  /** Returns the current state. */
  status(): QQBotGatewayStatus {
    const { session } = this.#life
    return {
      state: this.#state(),
      shard: this.#shard,
      ...(session !== undefined && { session: { ...session } }),
      ...(this.#failure !== undefined && { error: this.#failure }),
    }
  }

  /** Closes the connection permanently; settles when the socket is closed. Listeners receive `disconnected` and no event after it. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.sender.close()
    await this.#life.stop()
    for (const queue of [...this.#queues]) queue.finish()
  }

  /** Calls `close()`, so that `await using` closes the gateway. */
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
    // The error is also emitted as `error`: a caller that does not await `connect()` must not crash the process.
    connecting.catch(() => undefined)
    return connecting
  }

  #fail(error: AnyLingpaiError): void {
    this.#failure = error
    for (const queue of [...this.#queues]) queue.finish(error)
  }

  #state(): QQBotGatewayStatus['state'] {
    if (this.#isClosed) return 'closed'
    if (this.#failure !== undefined) return 'failed'
    if (this.#connecting === undefined) return 'idle'
    return this.#life.isLive ? 'live' : 'connecting'
  }

  /** @returns a promise of the work that is still running for the event; `undefined` if there is none, or if it is not awaited */
  #dispatch(payload: QQBotGatewayPayload): Promise<unknown> | undefined {
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
  return new ClosedError('qq gateway: the gateway is closed')
}

function nameOf(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'name' in thrown ? String(thrown.name) : typeof thrown
}
