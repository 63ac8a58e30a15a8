import type { QQBotGatewayPayload } from '../gateway/payload.js'
import type {
  Audit,
  C2CMessage,
  DirectMessage,
  GroupMention,
  GroupMessage,
  GroupNotice,
  GuildMessage,
  Interaction,
  UserNotice,
} from './event-data.js'

/** An event as listeners receive it. */
interface DispatchOf<Event extends string, Type extends string, Data> {
  /** Name of the event to listen to; `other` for an event that has no name of its own. */
  readonly event: Event
  /** The platform's name of the event. */
  readonly type: Type
  /** The platform's payload, under the platform's own names. */
  readonly data: Data
  /** Id of the event; a passive reply may send it as `event_id`. */
  readonly eventId?: string
  /** Sequence number within the session. */
  readonly seq?: number
}

/**
 * A group message. A group where the bot receives all messages sends every message as `GROUP_MESSAGE_CREATE`, including those that
 * mention the bot. Other groups send only mentions, as `GROUP_AT_MESSAGE_CREATE`.
 */
export interface GroupMessageDispatch extends DispatchOf<
  'group_message',
  'GROUP_AT_MESSAGE_CREATE' | 'GROUP_MESSAGE_CREATE',
  GroupMessage
> {
  /** Whether the message mentions this bot. */
  readonly mentionsBot: boolean
}
/** A direct message from a user. */
export type C2CMessageDispatch = DispatchOf<'c2c_message', 'C2C_MESSAGE_CREATE', C2CMessage>
/** A message in a guild channel: one that mentions the bot, or any message if the bot is private. */
export type GuildMessageDispatch = DispatchOf<'guild_message', 'AT_MESSAGE_CREATE' | 'MESSAGE_CREATE', GuildMessage>
/** A direct message from a guild member. */
export type DirectMessageDispatch = DispatchOf<'direct_message', 'DIRECT_MESSAGE_CREATE', DirectMessage>
/** A user pressed a button. */
export type InteractionDispatch = DispatchOf<'interaction', 'INTERACTION_CREATE', Interaction>
/** The result of a message's review. */
export type AuditDispatch = DispatchOf<'audit', 'MESSAGE_AUDIT_PASS' | 'MESSAGE_AUDIT_REJECT', Audit>
/** The bot was added to a group. */
export type GroupAddRobotDispatch = DispatchOf<'group_add_robot', 'GROUP_ADD_ROBOT', GroupNotice>
/** A group allowed the bot to send proactive messages. */
export type GroupMsgReceiveDispatch = DispatchOf<'group_msg_receive', 'GROUP_MSG_RECEIVE', GroupNotice>
/** A user added the bot as a friend. */
export type FriendAddDispatch = DispatchOf<'friend_add', 'FRIEND_ADD', UserNotice>
/** A user allowed the bot to send proactive messages. */
export type C2CMsgReceiveDispatch = DispatchOf<'c2c_msg_receive', 'C2C_MSG_RECEIVE', UserNotice>
/** Any other event, and an event of a known type that lacks a required member. */
export type OtherDispatch = DispatchOf<'other', string, unknown>

/** Any event, as a union discriminated by `event`. */
export type QQBotDispatch =
  | GroupMessageDispatch
  | C2CMessageDispatch
  | GuildMessageDispatch
  | DirectMessageDispatch
  | InteractionDispatch
  | AuditDispatch
  | GroupAddRobotDispatch
  | GroupMsgReceiveDispatch
  | FriendAddDispatch
  | C2CMsgReceiveDispatch
  | OtherDispatch

interface Shape {
  readonly event: Exclude<QQBotDispatch['event'], 'other'>
  /** Members that must be strings. */
  readonly texts: readonly string[]
}

/** The typed events and their required members. */
const shapes: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ['GROUP_AT_MESSAGE_CREATE', { event: 'group_message', texts: ['id', 'group_openid'] }],
  ['GROUP_MESSAGE_CREATE', { event: 'group_message', texts: ['id', 'group_openid'] }],
  ['C2C_MESSAGE_CREATE', { event: 'c2c_message', texts: ['id'] }],
  ['AT_MESSAGE_CREATE', { event: 'guild_message', texts: ['id', 'guild_id', 'channel_id'] }],
  ['MESSAGE_CREATE', { event: 'guild_message', texts: ['id', 'guild_id', 'channel_id'] }],
  ['DIRECT_MESSAGE_CREATE', { event: 'direct_message', texts: ['id', 'guild_id'] }],
  ['INTERACTION_CREATE', { event: 'interaction', texts: ['id'] }],
  ['MESSAGE_AUDIT_PASS', { event: 'audit', texts: ['audit_id'] }],
  ['MESSAGE_AUDIT_REJECT', { event: 'audit', texts: ['audit_id'] }],
  ['GROUP_ADD_ROBOT', { event: 'group_add_robot', texts: ['group_openid'] }],
  ['GROUP_MSG_RECEIVE', { event: 'group_msg_receive', texts: ['group_openid'] }],
  ['FRIEND_ADD', { event: 'friend_add', texts: ['openid'] }],
  ['C2C_MSG_RECEIVE', { event: 'c2c_msg_receive', texts: ['openid'] }],
])

/** Converts a payload of opcode 0 into an event, for the gateway and the webhook alike. */
export function toDispatch({ t = '', d, id, s }: QQBotGatewayPayload): QQBotDispatch {
  const shape = shapes.get(t)
  const event = shape !== undefined && hasTexts(d, shape.texts) ? shape.event : 'other'
  // Hot path: a single object literal without object spread.
  const dispatch: {
    event: string
    type: string
    data: unknown
    mentionsBot?: boolean
    eventId?: string
    seq?: number
  } = { event, type: t, data: d }
  if (event === 'group_message')
    dispatch.mentionsBot = t === 'GROUP_AT_MESSAGE_CREATE' || mentionsBot(d as GroupMessage)
  if (typeof id === 'string') dispatch.eventId = id
  if (typeof s === 'number') dispatch.seq = s
  return dispatch as QQBotDispatch
}

/** The platform marks the mention of the receiving bot with `is_you`. */
function mentionsBot({ mentions }: { readonly mentions?: unknown }): boolean {
  return (
    Array.isArray(mentions) && mentions.some((mention: GroupMention | null | undefined) => mention?.is_you === true)
  )
}

function hasTexts(data: unknown, names: readonly string[]): boolean {
  if (typeof data !== 'object' || data === null) return false
  return names.every((name) => typeof (data as Readonly<Record<string, unknown>>)[name] === 'string')
}
