import { isLingpaiError, type IAccessTokenCache, type TokenSource } from '@lingpai/core'
import { QQBotGateway } from '@lingpai/qq-bot-gateway'
import type { C2CMessageDispatch, GroupMessageDispatch } from '@lingpai/qq-bot-gateway/events'

type MessageDispatch = GroupMessageDispatch | C2CMessageDispatch

/** Options of an echo bot. */
export interface EchoBotOptions {
  readonly source: TokenSource
  /** Stores the session, so that a restart resumes it. */
  readonly sessionCache: IAccessTokenCache
  /** Called with a line for each event. */
  readonly say: (line: string) => void
  /** Called with each echoed message. */
  readonly echoed?: (dispatch: MessageDispatch) => void
}

/** A bot that repeats messages. `ended` resolves when the bot is closed, and rejects with an error that waiting doesn't fix. */
export function startEchoBot({ source, sessionCache, say, echoed }: EchoBotOptions): {
  readonly gateway: QQBotGateway
  readonly ended: Promise<void>
} {
  const gateway = new QQBotGateway({ source, intents: ['GROUP_AND_C2C_EVENT'], sessionCache })
  gateway.on('ready', () => say('a session was started'))
  gateway.on('resumed', ({ replayed }) => say(`the session goes on; ${replayed} came meanwhile`))
  gateway.on('reconnecting', ({ delayMs }) => say(`the connection is lost; the next one in ${Math.round(delayMs)} ms`))
  gateway.on('error', (error) => say(describe(error)))

  const echo = async (dispatch: MessageDispatch): Promise<void> => {
    // A mention may come first, as `<@openid>`.
    const text = dispatch.data.content?.replace(/^\s*<@[^>]*>/, '').trim() ?? ''
    try {
      const { msg_seq: number } = await gateway.reply(dispatch, text === '' ? '?' : text)
      say(`${dispatch.event === 'group_message' ? 'group' : 'user '}  echoed, as reply ${number} to it`)
      echoed?.(dispatch)
    } catch (error) {
      say(`not echoed: ${describe(error)}`)
    }
  }
  const listen = async (): Promise<void> => {
    for await (const dispatch of gateway.events()) {
      // Not awaited: a slow group doesn't delay others, and replies within one group keep their order anyway.
      if (dispatch.event === 'c2c_message') void echo(dispatch)
      // A group may send all of its messages; the bot ignores those that don't mention it.
      if (dispatch.event === 'group_message' && dispatch.mentionsBot) void echo(dispatch)
    }
  }
  return { gateway, ended: Promise.all([connected(gateway), listen()]).then(() => undefined) }
}

/** Closing a gateway that is still connecting is not an error. */
async function connected(gateway: QQBotGateway): Promise<void> {
  try {
    await gateway.connect()
  } catch (error) {
    if (!isLingpaiError(error) || error.code !== 'ERR_LINGPAI_CLOSED') throw error
  }
}

/** An error with its hint, as text. It contains no secret, no token and no message of a user. */
export function describe(error: unknown): string {
  if (!isLingpaiError(error)) return String(error)
  return error.hint === undefined ? error.message : `${error.message}. ${error.hint}`
}
