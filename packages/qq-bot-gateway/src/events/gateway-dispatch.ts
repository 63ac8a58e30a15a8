import type { GatewayPayload } from '../gateway/payload.js'
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

/** An event as it is handed out. */
interface DispatchOf<Event extends string, Type extends string, Data> {
  /** Name of the listener's event; `other` where it has none of its own. */
  readonly event: Event
  /** The platform's name of it. */
  readonly type: Type
  /** What the platform sent, with its own names. */
  readonly data: Data
  /** Id of the event; a passive reply may name it as `event_id`. */
  readonly eventId?: string
  /** Sequence number within the session. */
  readonly seq?: number
}

/**
 * A group message. A group where the bot receives all messages sends every one of them as `GROUP_MESSAGE_CREATE`, those that mention
 * the bot included; other groups send those alone, as `GROUP_AT_MESSAGE_CREATE`.
 */
export interface GroupMessageDispatch extends DispatchOf<
  'group_message',
  'GROUP_AT_MESSAGE_CREATE' | 'GROUP_MESSAGE_CREATE',
  GroupMessage
> {
  /** Whether the message mentions this bot. */
  readonly mentionsBot: boolean
}
/** A message of a single user. */
export type C2CMessageDispatch = DispatchOf<'c2c_message', 'C2C_MESSAGE_CREATE', C2CMessage>
/** A message in a guild's channel: one that mentions the bot, or any where the bot is private. */
export type GuildMessageDispatch = DispatchOf<'guild_message', 'AT_MESSAGE_CREATE' | 'MESSAGE_CREATE', GuildMessage>
/** A direct message of a guild's member. */
export type DirectMessageDispatch = DispatchOf<'direct_message', 'DIRECT_MESSAGE_CREATE', DirectMessage>
/** A button was pressed. */
export type InteractionDispatch = DispatchOf<'interaction', 'INTERACTION_CREATE', Interaction>
/** What became of a message that was queued for review. */
export type AuditDispatch = DispatchOf<'audit', 'MESSAGE_AUDIT_PASS' | 'MESSAGE_AUDIT_REJECT', Audit>
/** The bot was added to a group. */
export type GroupAddRobotDispatch = DispatchOf<'group_add_robot', 'GROUP_ADD_ROBOT', GroupNotice>
/** A group lets the bot send by itself. */
export type GroupMsgReceiveDispatch = DispatchOf<'group_msg_receive', 'GROUP_MSG_RECEIVE', GroupNotice>
/** A user added the bot as a friend. */
export type FriendAddDispatch = DispatchOf<'friend_add', 'FRIEND_ADD', UserNotice>
/** A user lets the bot send by itself. */
export type C2CMsgReceiveDispatch = DispatchOf<'c2c_msg_receive', 'C2C_MSG_RECEIVE', UserNotice>
/** Any other event, and one of the above that misses what it must have. */
export type OtherDispatch = DispatchOf<'other', string, unknown>

/** Any event; `event` tells them apart. */
export type GatewayDispatch =
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
  readonly event: Exclude<GatewayDispatch['event'], 'other'>
  /** Texts that a listener may rely on. */
  readonly texts: readonly string[]
}

/** Which events are typed, and what they must have to be. */
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

/** A payload of opcode 0 as an event, whichever way it came: over the gateway, or to the webhook. */
export function toDispatch({ t = '', d, id, s }: GatewayPayload): GatewayDispatch {
  const shape = shapes.get(t)
  const event = shape !== undefined && hasTexts(d, shape.texts) ? shape.event : 'other'
  // A hot path: one literal, no spread.
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
  return dispatch as GatewayDispatch
}

/** The platform marks the mention that means the receiver. */
function mentionsBot({ mentions }: { readonly mentions?: unknown }): boolean {
  return (
    Array.isArray(mentions) && mentions.some((mention: GroupMention | null | undefined) => mention?.is_you === true)
  )
}

function hasTexts(data: unknown, names: readonly string[]): boolean {
  if (typeof data !== 'object' || data === null) return false
  return names.every((name) => typeof (data as Readonly<Record<string, unknown>>)[name] === 'string')
}
