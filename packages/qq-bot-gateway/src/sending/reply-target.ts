import { ConfigError } from '@lingpai/core'
import type { GatewayDispatch } from '../events/gateway-dispatch.js'
import type { Message } from './message.js'
import type { MessageTarget } from './message-target.js'

/** Where a reply goes, and what it names. */
export interface ReplyTarget {
  readonly target: MessageTarget
  readonly repliesTo: Pick<Message, 'msg_id' | 'event_id'>
}

/** Where a reply to an event goes. @throws ConfigError for an event that nobody can reply to */
export function replyTarget(dispatch: GatewayDispatch): ReplyTarget {
  const target = targetOf(dispatch)
  if (target?.id === undefined) throw unanswerable(dispatch.type)
  const { kind, id } = target
  if (dispatch.event !== 'interaction') return { target: { kind, id }, repliesTo: { msg_id: messageId(dispatch) } }
  if (dispatch.eventId === undefined) throw unanswerable(dispatch.type)
  return { target: { kind, id }, repliesTo: { event_id: dispatch.eventId } }
}

function targetOf(
  dispatch: GatewayDispatch,
): { readonly kind: MessageTarget['kind']; readonly id: string | undefined } | undefined {
  switch (dispatch.event) {
    case 'group_message':
      return { kind: 'group', id: dispatch.data.group_openid }
    case 'c2c_message':
      return { kind: 'user', id: dispatch.data.author?.user_openid }
    case 'guild_message':
      return { kind: 'channel', id: dispatch.data.channel_id }
    case 'direct_message':
      return { kind: 'direct', id: dispatch.data.guild_id }
    case 'interaction': {
      const { group_openid: group, user_openid: user, channel_id: channel } = dispatch.data
      // What does not apply may be there and empty.
      if (isId(group)) return { kind: 'group', id: group }
      return isId(user) ? { kind: 'user', id: user } : { kind: 'channel', id: channel }
    }
    default:
      return undefined
  }
}

function isId(id: string | undefined): id is string {
  return typeof id === 'string' && id !== ''
}

function messageId({ data }: GatewayDispatch): string {
  return (data as { readonly id: string }).id
}

function unanswerable(type: string): ConfigError {
  return new ConfigError(
    `qq bot: ${type} is nothing that can be replied to`,
    { field: 'dispatch', problem: 'conflict' },
    { hint: 'Reply to messages and interactions.' },
  )
}
