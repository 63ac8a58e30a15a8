import type { AnyLingpaiError } from '@lingpai/core'
import type { GatewayPayload } from '../gateway/payload.js'
import type {
  AuditDispatch,
  C2CMessageDispatch,
  C2CMsgReceiveDispatch,
  DirectMessageDispatch,
  FriendAddDispatch,
  GatewayDispatch,
  GroupAddRobotDispatch,
  GroupMessageDispatch,
  GroupMsgReceiveDispatch,
  GuildMessageDispatch,
  InteractionDispatch,
} from './gateway-dispatch.js'

/** What a gateway tells, by name. None carries a token. */
export interface GatewayEvents {
  /** A WebSocket is open; nothing was said yet. */
  connected: { readonly host: string }
  /** A connection is over. */
  disconnected: {
    /** Close code; 1006 where no close frame came. */
    readonly code: number
    readonly reason: string
    /** Whether another connection follows by itself. */
    readonly willReconnect: boolean
  }
  /** The next connection is due. */
  reconnecting: {
    /** Attempts since things were last stable. */
    readonly attempt: number
    readonly delayMs: number
    /** Whether the session goes on; otherwise events in between are lost. */
    readonly willResume: boolean
  }
  /** Something failed; where nothing else is told, the gateway goes on. */
  error: AnyLingpaiError
  /** The day's session starts are used up; the next one waits until then, Unix milliseconds. */
  waiting: { readonly untilMs: number }
  /** A session was started. */
  ready: {
    readonly sessionId: string
    readonly shard: readonly [index: number, count: number]
    /** The bot, as the platform describes it. */
    readonly user: unknown
  }
  /** A session goes on. */
  resumed: {
    readonly sessionId: string
    /** Events that came after all. */
    readonly replayed: number
  }
  /** Every payload as it came, whatever its opcode, repeated ones included. */
  raw: GatewayPayload
  /** Every payload of an event as it came, once. */
  raw_dispatch: GatewayPayload
  /** Every event, once. */
  dispatch: GatewayDispatch
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
export type GatewayEventName = keyof GatewayEvents

/** Listens to one event; what it throws or rejects with harms nobody. */
export type GatewayListener<Name extends GatewayEventName> = (event: GatewayEvents[Name]) => unknown
