import type { AnyLingpaiError } from '@lingpai/core'
import type { QQBotGatewayPayload } from '../gateway/payload.js'
import type {
  AuditDispatch,
  C2CMessageDispatch,
  C2CMsgReceiveDispatch,
  DirectMessageDispatch,
  FriendAddDispatch,
  QQBotDispatch,
  GroupAddRobotDispatch,
  GroupMessageDispatch,
  GroupMsgReceiveDispatch,
  GuildMessageDispatch,
  InteractionDispatch,
} from './qq-bot-dispatch.js'

/** The events of a gateway, by name. No event carries a token. */
export interface QQBotGatewayEvents {
  /** A WebSocket opened; nothing has been received yet. */
  connected: { readonly host: string }
  /** A connection ended. */
  disconnected: {
    /** Close code; 1006 if no close frame arrived. */
    readonly code: number
    readonly reason: string
    /** Whether the gateway reconnects. */
    readonly willReconnect: boolean
  }
  /** The gateway is about to reconnect. */
  reconnecting: {
    /** Attempts since the last stable connection. */
    readonly attempt: number
    readonly delayMs: number
    /** Whether the session continues. If not, events in between are lost. */
    readonly willResume: boolean
  }
  /** Something failed. The gateway goes on unless `connect()` rejects or `status()` says otherwise. */
  error: AnyLingpaiError
  /** The session starts of the day are used up; the next one waits until `untilMs`, in Unix milliseconds. */
  waiting: { readonly untilMs: number }
  /** A session started. */
  ready: {
    readonly sessionId: string
    readonly shard: readonly [index: number, count: number]
    /** The bot's user, as the platform describes it. */
    readonly user: unknown
  }
  /** A session was resumed. */
  resumed: {
    readonly sessionId: string
    /** Number of missed events that were replayed. */
    readonly replayed: number
  }
  /** Every payload as received, of any opcode, including repeated ones. */
  raw: QQBotGatewayPayload
  /** Every payload of an event as received, once. */
  raw_dispatch: QQBotGatewayPayload
  /** Every event, once. */
  dispatch: QQBotDispatch
  group_message: GroupMessageDispatch
  c2c_message: C2CMessageDispatch
  guild_message: GuildMessageDispatch
  direct_message: DirectMessageDispatch
  interaction: InteractionDispatch
  audit: AuditDispatch
  group_add_robot: GroupAddRobotDispatch
  group_msg_receive: GroupMsgReceiveDispatch
  friend_add: FriendAddDispatch
  c2c_msg_receive: C2CMsgReceiveDispatch
}

/** Name of an event. */
export type QQBotGatewayEventName = keyof QQBotGatewayEvents

/** A listener of one event. Its errors are caught and reported. */
export type QQBotGatewayListener<Name extends QQBotGatewayEventName> = (event: QQBotGatewayEvents[Name]) => unknown
