import { ConfigError } from '@lingpai/core'
import type { QQBotDispatch } from '../events/qq-bot-dispatch.js'
import type { QQBotMessage } from './message.js'
import type { QQBotMessageTarget } from './message-target.js'

/** Where a reply is sent, and the id that it carries. */
export interface ReplyTarget {
  readonly target: QQBotMessageTarget
  readonly repliesTo: Pick<QQBotMessage, 'msg_id' | 'event_id'>
}

/**
 * Returns where a reply to an event is sent, and the id that it carries: that of the message, or else that of the event.
 *
 * @throws ConfigError for an event that cannot be replied to
 * @see https://bot.q.qq.com/wiki/develop/api-v2/server-inter/message/overview.html for the events that `event_id` accepts (read 2026-11-20)
 */
export function replyTarget(dispatch: QQBotDispatch): ReplyTarget {
  switch (dispatch.event) {
    case 'group_message':
      return toMessage(dispatch, 'group', dispatch.data.group_openid)
    case 'c2c_message':
      return toMessage(dispatch, 'user', dispatch.data.author?.user_openid)
    case 'guild_message':
      return toMessage(dispatch, 'channel', dispatch.data.channel_id)
    case 'direct_message':
      return toMessage(dispatch, 'direct', dispatch.data.guild_id)
    case 'interaction': {
      const { group_openid: group, user_openid: user, channel_id: channel } = dispatch.data
      // A member that does not apply may be an empty string.
      if (isId(group)) return toEvent(dispatch, 'group', group)
      return isId(user) ? toEvent(dispatch, 'user', user) : toEvent(dispatch, 'channel', channel)
    }
    case 'group_add_robot':
    case 'group_msg_receive':
      return toEvent(dispatch, 'group', dispatch.data.group_openid)
    case 'friend_add':
    case 'c2c_msg_receive':
      return toEvent(dispatch, 'user', dispatch.data.openid)
    default:
      throw unanswerable(dispatch.type)
  }
}

function toMessage(
  { type, data }: QQBotDispatch & { readonly data: { readonly id: string } },
  kind: QQBotMessageTarget['kind'],
  id: string | undefined,
): ReplyTarget {
  if (id === undefined) throw unanswerable(type)
  return { target: { kind, id }, repliesTo: { msg_id: data.id } }
}

function toEvent(
  { type, eventId }: QQBotDispatch,
  kind: QQBotMessageTarget['kind'],
  id: string | undefined,
): ReplyTarget {
  if (id === undefined || eventId === undefined) throw unanswerable(type)
  return { target: { kind, id }, repliesTo: { event_id: eventId } }
}

function isId(id: string | undefined): id is string {
  return typeof id === 'string' && id !== ''
}

function unanswerable(type: string): ConfigError {
  return new ConfigError(
    `qq bot: ${type} cannot be replied to`,
    { field: 'dispatch', problem: 'conflict' },
    {
      hint: 'Only messages, interactions, and events that add the bot or allow it to send can be replied to; all but messages need an event id.',
    },
  )
}
