export { QQBotSender, type QQBotSenderOptions } from './qq-bot-sender.js'
export type {
  QQBotMediaFile,
  QQBotMessage,
  QQBotSendOptions,
  QQBotSentMessage,
  QQBotUploadedMedia,
  QQBotUploadOptions,
} from './message.js'
export type { QQBotMessageTarget, QQBotTargetKind } from './message-target.js'
