/** The events of a bot, as the gateway and the webhook hand them out. */
export type {
  AuditDispatch,
  C2CMessageDispatch,
  C2CMsgReceiveDispatch,
  DirectMessageDispatch,
  FriendAddDispatch,
  GroupAddRobotDispatch,
  GroupMessageDispatch,
  GroupMsgReceiveDispatch,
  GuildMessageDispatch,
  InteractionDispatch,
  OtherDispatch,
  QQBotDispatch,
} from './qq-bot-dispatch.js'
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
} from './event-data.js'
