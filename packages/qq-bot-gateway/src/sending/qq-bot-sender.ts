import {
  ClosedError,
  ConfigError,
  UnavailableError,
  systemClock,
  type AnyLingpaiError,
  type Clock,
  type TokenSource,
} from '@lingpai/core'
import type { QQBotDispatch } from '../events/qq-bot-dispatch.js'
import { pauseUntilAborted } from '@lingpai/core/internal'
import { followingAbort } from './following-abort.js'
import type {
  QQBotMediaFile,
  QQBotMessage,
  QQBotSendOptions,
  QQBotSentMessage,
  QQBotUploadedMedia,
  QQBotUploadOptions,
} from './message.js'
import { messageBody } from './message-body.js'
import { rulesOf, targetPath, type QQBotMessageTarget } from './message-target.js'
import { post } from './post.js'
import { rateWindows } from './rate-windows.js'
import { replyNumbers } from './reply-numbers.js'
import { replyTarget } from './reply-target.js'
import { isNumberUsed, isTooFast } from './send-errors.js'
import { mediaBody, toSentMessage, toUploadedMedia } from './sending-responses.js'
import { untilAborted } from './until-aborted.js'
import { waitingLines } from './waiting-line.js'

/** Options of `QQBotSender`. */
export interface QQBotSenderOptions {
  /** The bot's token source: `manager.source(qqBot, credentials)`, or any other `TokenSource`. */
  readonly source: TokenSource
  /** Maximum duration of a request, including the token, in milliseconds. @default 10_000 */
  readonly timeoutMs?: number
  /** Maximum duration of an upload, in milliseconds. The platform fetches a file given by URL before it responds. @default 120_000 */
  readonly uploadTimeoutMs?: number
  /** How long a message at the front of the queue may wait for the rate limit of its target, in milliseconds. @default 60_000 */
  readonly maxWaitMs?: number
  /** Maximum number of messages waiting for one target. @default 1000 */
  readonly maxQueued?: number
  /** Language of the hints in errors. @default 'en' */
  readonly language?: 'en' | 'zh'
  /** @default systemClock of core */
  readonly clock?: Clock
}

/** The platform accepts at most five replies to a message. */
const mostReplies = 5

/** First pause after the platform reported a rate limit; doubled each time. */
const firstPauseMs = 1000

/**
 * Sends a QQ bot's messages, in order for each target and each one once. A message that the platform rejected because of its token or
 * its rate was not delivered and is sent again. A message without a response may have been delivered and is not.
 *
 * @example
 * ```ts
 * import { memoryCache } from '@lingpai/cache-memory'
 * import { TokenManager } from '@lingpai/core'
 * import { qqBot } from '@lingpai/provider-qq-bot'
 * import { QQBotSender } from '@lingpai/qq-bot-gateway/sending'
 *
 * const source = new TokenManager({ cache: memoryCache() }).source(qqBot, { appId: '102000000', clientSecret: 'secret' })
 * const sender = new QQBotSender({ source })
 * await sender.sendGroupMessage('group-openid', 'Hello')
 * ```
 */
export class QQBotSender {
  readonly #options: Required<QQBotSenderOptions>
  readonly #lines = waitingLines()
  readonly #numbers = replyNumbers()
  readonly #windows
  readonly #closing = new AbortController()

  /** @throws ConfigError naming the invalid option */
  constructor(options: QQBotSenderOptions) {
    const { timeoutMs = 10_000, uploadTimeoutMs = 120_000, maxWaitMs = 60_000, maxQueued = 1000 } = options
    const { language = 'en', clock = systemClock } = options
    assertPositive({ timeoutMs, uploadTimeoutMs, maxWaitMs, maxQueued })
    this.#options = { ...options, timeoutMs, uploadTimeoutMs, maxWaitMs, maxQueued, language, clock }
    this.#windows = rateWindows(clock)
  }

  /** Sends to a group. @param message a text or a message object. @throws as {@link QQBotSender.send} */
  sendGroupMessage(
    groupOpenid: string,
    message: string | QQBotMessage,
    options?: QQBotSendOptions,
  ): Promise<QQBotSentMessage> {
    return this.send({ kind: 'group', id: groupOpenid }, message, options)
  }

  /** Sends to a user. @param message a text or a message object. @throws as {@link QQBotSender.send} */
  sendC2CMessage(
    userOpenid: string,
    message: string | QQBotMessage,
    options?: QQBotSendOptions,
  ): Promise<QQBotSentMessage> {
    return this.send({ kind: 'user', id: userOpenid }, message, options)
  }

  /** Sends to a guild channel. @param message a text or a message object. @throws as {@link QQBotSender.send} */
  sendChannelMessage(
    channelId: string,
    message: string | QQBotMessage,
    options?: QQBotSendOptions,
  ): Promise<QQBotSentMessage> {
    return this.send({ kind: 'channel', id: channelId }, message, options)
  }

  /** Sends to a direct conversation of a guild. @param message a text or a message object. @throws as {@link QQBotSender.send} */
  sendDirectMessage(
    guildId: string,
    message: string | QQBotMessage,
    options?: QQBotSendOptions,
  ): Promise<QQBotSentMessage> {
    return this.send({ kind: 'direct', id: guildId }, message, options)
  }

  /**
   * Replies to an event in the place where it happened. The platform accepts replies to messages and to some other events.
   *
   * @throws ConfigError for an event that cannot be replied to; otherwise as {@link QQBotSender.send}
   */
  async reply(
    dispatch: QQBotDispatch,
    message: string | QQBotMessage,
    options?: QQBotSendOptions,
  ): Promise<QQBotSentMessage> {
    const { target, repliesTo } = replyTarget(dispatch)
    return this.send(target, { ...asMessage(message), ...repliesTo }, options)
  }

  /**
   * Sends a message after the earlier messages to the same target.
   *
   * @throws PlatformError with a hint if the platform rejects the message; TransportError if it is unreachable or does not respond in
   * time, without sending again; ConfigError before anything is sent; ClosedError after `close()`; the signal's reason after an abort
   */
  async send(
    target: QQBotMessageTarget,
    message: string | QQBotMessage,
    options: QQBotSendOptions = {},
  ): Promise<QQBotSentMessage> {
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
          const response = await this.#paced(pacing, signal, () =>
            post({ ...this.#options, work: 'message' }, path, { ...body, ...number }, signal),
          )
          const sequence = numbered ? number : given.msg_seq === undefined ? {} : { msg_seq: given.msg_seq }
          return { ...toSentMessage(response), ...sequence }
        } catch (error) {
          if (!numbered || tries >= mostReplies || !isNumberUsed(error as AnyLingpaiError)) throw error
        }
      }
    })
  }

  /**
   * Uploads a file for a message to a group or a user: `send(target, { media })`. Uploads are not ordered with messages, and messages
   * do not wait for them.
   *
   * @throws as {@link QQBotSender.send}. An upload without a response is `retryable`, because an upload alone delivers nothing
   */
  async uploadMedia(
    target: QQBotMessageTarget,
    file: QQBotMediaFile,
    options: QQBotUploadOptions = {},
  ): Promise<QQBotUploadedMedia> {
    if (!rulesOf(target.kind).isOpen) {
      throw new ConfigError(
        `qq bot: files cannot be uploaded to a ${target.kind}`,
        { field: 'kind', problem: 'conflict' },
        { hint: 'Send the URL of a picture as "image".' },
      )
    }
    const path = targetPath(target, 'files')
    const body = mediaBody(file)
    const { source, uploadTimeoutMs } = this.#options
    const { timeoutMs = uploadTimeoutMs } = options
    assertPositive({ timeoutMs })
    const how = { ...this.#options, timeoutMs, work: 'upload' } as const
    const response = await this.#untilClosed(options, (signal) =>
      this.#paced(undefined, signal, () => post(how, path, body, signal)),
    )
    return toUploadedMedia(source.account.provider, response)
  }

  /** Rejects all waiting messages. Messages that are already on their way may still be delivered. May be called more than once. */
  close(): void {
    this.#closing.abort(new ClosedError('qq bot: the sender is closed'))
  }

  #inLine<T>(
    target: QQBotMessageTarget,
    options: QQBotSendOptions,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const key = `${target.kind}:${target.id}`
    const { maxQueued } = this.#options
    if (this.#lines.length(key) >= maxQueued) {
      throw new UnavailableError(
        `qq bot: more than ${maxQueued} messages are waiting for one ${target.kind}`,
        { provider: 'qq-bot', problem: 'queue-full', field: 'maxQueued' },
        { hint: 'Send more slowly, or await each message.' },
      )
    }
    return this.#untilClosed(options, (signal) =>
      this.#lines.join(key, async () => {
        signal.throwIfAborted()
        return work(signal)
      }),
    )
  }

  /** Runs `work` until it settles, the caller's signal aborts, or the sender is closed. */
  #untilClosed<T>({ signal: given }: QQBotSendOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ending = followingAbort(this.#closing.signal, ...(given === undefined ? [] : [given]))
    const { signal } = ending
    const run = signal.aborted ? Promise.reject(signal.reason as Error) : work(signal)
    return untilAborted(run, signal).finally(() => {
      ending.release()
    })
  }

  /** Enforces the limits of proactive messages, and waits when the platform reports a rate limit. */
  async #paced<T>(pacing: QQBotMessageTarget | undefined, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const { clock, maxWaitMs } = this.#options
    const endsAtMs = clock.monotonic() + maxWaitMs
    for (let pauseMs = firstPauseMs; ; pauseMs *= 2) {
      if (pacing !== undefined) await this.#admit(pacing, signal, endsAtMs)
      try {
        return await work()
      } catch (error) {
        const failure = error as AnyLingpaiError
        // The platform's own time, if it gives one, is better than the backoff.
        const waitMs = failure.retryAtMs === undefined ? pauseMs : failure.retryAtMs - clock.now()
        if (!isTooFast(failure) || clock.monotonic() + waitMs > endsAtMs) throw error
        await pauseUntilAborted(clock, waitMs, signal, { holdsProcess: true })
        signal.throwIfAborted()
      }
    }
  }

  async #admit({ kind, id }: QQBotMessageTarget, signal: AbortSignal, endsAtMs: number): Promise<void> {
    const { clock } = this.#options
    const limits = rulesOf(kind).proactive.map((limit) => ({
      ...limit,
      key: limit.per === 'bot' ? kind : `${kind}:${id}`,
    }))
    for (;;) {
      const waitMs = this.#windows.take(limits)
      if (waitMs === 0) return
      if (clock.monotonic() + waitMs > endsAtMs) throw tooMany(kind, waitMs, clock)
      await pauseUntilAborted(clock, waitMs, signal, { holdsProcess: true })
      signal.throwIfAborted()
    }
  }
}

function assertPositive(numbers: Readonly<Record<string, number>>): void {
  for (const [field, value] of Object.entries(numbers)) {
    if (Number.isFinite(value) && value > 0) continue
    throw new ConfigError(`qq bot: "${field}" must be a positive number`, { field, problem: 'malformed' })
  }
}

function asMessage(message: string | QQBotMessage): QQBotMessage {
  if (typeof message === 'string') return { content: message }
  // JavaScript callers can pass anything.
  if (typeof message === 'object' && (message as unknown) !== null) return message
  throw new ConfigError('qq bot: "message" must be a text or an object', { field: 'message', problem: 'malformed' })
}

function tooMany(kind: string, waitMs: number, clock: Clock): UnavailableError {
  return new UnavailableError(
    `qq bot: the rate limit of proactive messages to a ${kind} is reached`,
    { provider: 'qq-bot', problem: 'rate-limit', field: 'maxWaitMs' },
    { retryAtMs: clock.now() + waitMs, hint: 'Reply to messages ("msg_id"), or send fewer.' },
  )
}
