import {
  ClosedError,
  ConfigError,
  systemClock,
  type AnyLingpaiError,
  type Clock,
  type TokenSource,
} from '@lingpai/core'
import type { GatewayDispatch } from '../events/gateway-dispatch.js'
import { pause } from '../gateway/pause.js'
import { followingAbort } from './following-abort.js'
import type { MediaFile, Message, SendOptions, SentMessage, UploadedMedia, UploadOptions } from './message.js'
import { messageBody } from './message-body.js'
import { rulesOf, targetPath, type MessageTarget } from './message-target.js'
import { post } from './post.js'
import { rateWindows } from './rate-windows.js'
import { replyNumbers } from './reply-numbers.js'
import { replyTarget } from './reply-target.js'
import { isNumberUsed, isTooFast } from './send-errors.js'
import { mediaBody, toSentMessage, toUploadedMedia } from './sending-answers.js'
import { untilAborted } from './until-aborted.js'
import { waitingLines } from './waiting-line.js'

/** How messages are sent. */
export interface QQBotSenderOptions {
  /** The bot's tokens: `manager.source(qqBot, credentials)`, or any other source of them. */
  readonly source: TokenSource
  /** How long one request may take, the token included, milliseconds. @default 10_000 */
  readonly timeoutMs?: number
  /** How long one upload may take, milliseconds: the platform fetches a file by its address before it answers. @default 120_000 */
  readonly uploadTimeoutMs?: number
  /** How long a message may wait for the limits of its target once its turn has come, milliseconds. @default 60_000 */
  readonly maxWaitMs?: number
  /** Messages that may wait for one target. @default 1000 */
  readonly maxQueued?: number
  /** Language of the errors' hints. @default 'en' */
  readonly language?: 'en' | 'zh'
  /** @default systemClock of core */
  readonly clock?: Clock
}

/** The platform takes five replies to one message at most. */
const mostReplies = 5

/** First pause after the platform called it too fast; it doubles. */
const firstPauseMs = 1000

/**
 * Sends a QQ bot's messages: in order for each target, each one once. What the platform refused for its token or its pace was not
 * delivered and is sent again; what it did not answer is not.
 */
export class QQBotSender {
  readonly #options: Required<QQBotSenderOptions>
  readonly #lines = waitingLines()
  readonly #numbers = replyNumbers()
  readonly #windows
  readonly #closing = new AbortController()

  /** @throws ConfigError for options that cannot be */
  constructor(options: QQBotSenderOptions) {
    const { timeoutMs = 10_000, uploadTimeoutMs = 120_000, maxWaitMs = 60_000, maxQueued = 1000 } = options
    const { language = 'en', clock = systemClock } = options
    assertPositive({ timeoutMs, uploadTimeoutMs, maxWaitMs, maxQueued })
    this.#options = { ...options, timeoutMs, uploadTimeoutMs, maxWaitMs, maxQueued, language, clock }
    this.#windows = rateWindows(clock)
  }

  /** Sends to a group. @param message a text, or more. @throws as {@link QQBotSender.send} */
  sendGroupMessage(groupOpenid: string, message: string | Message, options?: SendOptions): Promise<SentMessage> {
    return this.send({ kind: 'group', id: groupOpenid }, message, options)
  }

  /** Sends to one user. @param message a text, or more. @throws as {@link QQBotSender.send} */
  sendC2CMessage(userOpenid: string, message: string | Message, options?: SendOptions): Promise<SentMessage> {
    return this.send({ kind: 'user', id: userOpenid }, message, options)
  }

  /** Sends to a channel of a guild. @param message a text, or more. @throws as {@link QQBotSender.send} */
  sendChannelMessage(channelId: string, message: string | Message, options?: SendOptions): Promise<SentMessage> {
    return this.send({ kind: 'channel', id: channelId }, message, options)
  }

  /** Sends into a direct conversation of a guild. @param message a text, or more. @throws as {@link QQBotSender.send} */
  sendDirectMessage(guildId: string, message: string | Message, options?: SendOptions): Promise<SentMessage> {
    return this.send({ kind: 'direct', id: guildId }, message, options)
  }

  /**
   * Replies to a message, or to an event that the platform lets a bot reply to, where it came from.
   *
   * @throws ConfigError for an event that cannot be replied to; otherwise as {@link QQBotSender.send}
   */
  async reply(dispatch: GatewayDispatch, message: string | Message, options?: SendOptions): Promise<SentMessage> {
    const { target, repliesTo } = replyTarget(dispatch)
    return this.send(target, { ...asMessage(message), ...repliesTo }, options)
  }

  /**
   * Sends a message once what was sent to the same target before is over.
   *
   * @throws PlatformError with a hint when the platform refuses; TransportError when it cannot be reached or does not answer in time,
   * without sending again; ConfigError before anything is sent; ClosedError after `close()`; the signal's reason after an abort
   */
  async send(target: MessageTarget, message: string | Message, options: SendOptions = {}): Promise<SentMessage> {
    const path = targetPath(target, 'messages')
    const given = asMessage(message)
    const body = messageBody(target.kind, given)
    const repliesTo = given.msg_id ?? given.event_id
    const numbered = rulesOf(target.kind).isOpen && repliesTo !== undefined && given.msg_seq === undefined
    return this.#inLine(target, options, async (signal) => {
      for (let tries = 1; ; tries += 1) {
        const number = numbered ? { msg_seq: this.#numbers.next(`${path} ${repliesTo}`) } : {}
        try {
          const pacing = repliesTo === undefined ? target : undefined
          const answer = await this.#paced(pacing, signal, () =>
            post({ ...this.#options, work: 'message' }, path, { ...body, ...number }, signal),
          )
          const sequence = numbered ? number : given.msg_seq === undefined ? {} : { msg_seq: given.msg_seq }
          return { ...toSentMessage(answer), ...sequence }
        } catch (error) {
          if (!numbered || tries >= mostReplies || !isNumberUsed(error as AnyLingpaiError)) throw error
        }
      }
    })
  }

  /**
   * Uploads a file for one message to a group or a user: `send(target, { media })`. Uploads have no place in the order of messages, and
   * none waits for them.
   *
   * @throws as {@link QQBotSender.send}; an upload that was not answered is `retryable`, since it delivers nothing by itself
   */
  async uploadMedia(target: MessageTarget, file: MediaFile, options: UploadOptions = {}): Promise<UploadedMedia> {
    if (!rulesOf(target.kind).isOpen) {
      throw new ConfigError(
        `qq bot: no file can be uploaded to a ${target.kind}`,
        { field: 'kind', problem: 'conflict' },
        { hint: 'Send a picture as image, by its address.' },
      )
    }
    const path = targetPath(target, 'files')
    const body = mediaBody(file)
    const { source, uploadTimeoutMs } = this.#options
    const { timeoutMs = uploadTimeoutMs } = options
    assertPositive({ timeoutMs })
    const how = { ...this.#options, timeoutMs, work: 'upload' } as const
    const answer = await this.#untilClosed(options, (signal) =>
      this.#paced(undefined, signal, () => post(how, path, body, signal)),
    )
    return toUploadedMedia(source.account.provider, answer)
  }

  /** Ends all waiting; messages that are under way may still be delivered. Harmless when called twice. */
  close(): void {
    this.#closing.abort(new ClosedError('qq bot: the sender was closed'))
  }

  #inLine<T>(target: MessageTarget, options: SendOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const key = `${target.kind}:${target.id}`
    const { maxQueued } = this.#options
    if (this.#lines.length(key) >= maxQueued) {
      throw new ConfigError(
        `qq bot: more than ${maxQueued} messages wait for one ${target.kind}`,
        { field: 'maxQueued', problem: 'conflict' },
        { retryable: true, hint: 'Send slower, or wait for each message to be sent.' },
      )
    }
    return this.#untilClosed(options, (signal) =>
      this.#lines.join(key, async () => {
        signal.throwIfAborted()
        return work(signal)
      }),
    )
  }

  /** Runs until it is over, until its caller has enough of it, or until the sender is closed. */
  #untilClosed<T>({ signal: given }: SendOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ending = followingAbort(this.#closing.signal, ...(given === undefined ? [] : [given]))
    const { signal } = ending
    const run = signal.aborted ? Promise.reject(signal.reason as Error) : work(signal)
    return untilAborted(run, signal).finally(() => {
      ending.release()
    })
  }

  /** Keeps the limits of messages that reply to nothing, and waits when the platform calls it too fast. */
  async #paced<T>(pacing: MessageTarget | undefined, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const { clock, maxWaitMs } = this.#options
    const endsAtMs = clock.monotonic() + maxWaitMs
    for (let pauseMs = firstPauseMs; ; pauseMs *= 2) {
      if (pacing !== undefined) await this.#admit(pacing, signal, endsAtMs)
      try {
        return await work()
      } catch (error) {
        const failure = error as AnyLingpaiError
        // The platform knows better than a schedule when there is room again.
        const waitMs = failure.retryAtMs === undefined ? pauseMs : failure.retryAtMs - clock.now()
        if (!isTooFast(failure) || clock.monotonic() + waitMs > endsAtMs) throw error
        await pause(clock, waitMs, signal)
        signal.throwIfAborted()
      }
    }
  }

  async #admit({ kind, id }: MessageTarget, signal: AbortSignal, endsAtMs: number): Promise<void> {
    const { clock } = this.#options
    const limits = rulesOf(kind).proactive.map((limit) => ({
      ...limit,
      key: limit.per === 'bot' ? kind : `${kind}:${id}`,
    }))
    for (;;) {
      const waitMs = this.#windows.take(limits)
      if (waitMs === 0) return
      if (clock.monotonic() + waitMs > endsAtMs) throw tooMany(kind, waitMs, clock)
      await pause(clock, waitMs, signal)
      signal.throwIfAborted()
    }
  }
}

function assertPositive(numbers: Readonly<Record<string, number>>): void {
  for (const [field, value] of Object.entries(numbers)) {
    if (Number.isFinite(value) && value > 0) continue
    throw new ConfigError(`qq bot: "${field}" must be a number above 0`, { field, problem: 'malformed' })
  }
}

function asMessage(message: string | Message): Message {
  if (typeof message === 'string') return { content: message }
  // From JavaScript anything may come.
  if (typeof message === 'object' && (message as unknown) !== null) return message
  throw new ConfigError('qq bot: the message is to be a text or an object', { field: 'message', problem: 'malformed' })
}

function tooMany(kind: string, waitMs: number, clock: Clock): ConfigError {
  return new ConfigError(
    `qq bot: the limit of messages to a ${kind} that reply to nothing is reached`,
    { field: 'maxWaitMs', problem: 'conflict' },
    { retryable: true, retryAtMs: clock.now() + waitMs, hint: 'Reply to messages (msg_id), or send fewer.' },
  )
}
