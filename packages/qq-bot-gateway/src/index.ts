export { QQBotGateway, type GatewayStatus } from './qq-bot-gateway.js'
export type { QQBotGatewayOptions } from './gateway-options.js'
export { shardedGateways, type ShardedGatewaysOptions } from './sharded-gateways.js'
export { Intents, type IntentName } from './gateway/intents.js'
export { closeRules, type CloseAction, type CloseRule } from './gateway/close-codes.js'
export type { GatewaySocket, GatewaySocketClass, GatewaySocketOptions } from './gateway/gateway-socket.js'
export type { BackoffOptions } from './gateway/next-move.js'
export type { GatewayPayload } from './gateway/payload.js'
export type { GatewayEventName, GatewayEvents, GatewayListener } from './events/gateway-events.js'
export type {
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
  OtherDispatch,
} from './events/gateway-dispatch.js'
export type {
  Attachment,
  Audit,
  C2CMessage,
  DirectMessage,
  GroupMember,
  GroupMention,
  GroupMessage,
  GroupNotice,
  GuildMessage,
  GuildUser,
  Interaction,
  UserNotice,
} from './events/event-data.js'
export { webhookHandler, type WebhookHandlerOptions } from './webhook/webhook-handler.js'
export { QQBotSender, type QQBotSenderOptions } from './sending/qq-bot-sender.js'
export type { MediaFile, Message, SendOptions, SentMessage, UploadedMedia, UploadOptions } from './sending/message.js'
export type { MessageTarget, TargetKind } from './sending/message-target.js'
