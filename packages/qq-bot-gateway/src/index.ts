export { QQBotGateway, type QQBotGatewayStatus } from './qq-bot-gateway.js'
export type { QQBotGatewayOptions } from './gateway-options.js'
export { shardedQQBotGateways, type ShardedQQBotGatewaysOptions } from './sharded-gateways.js'
export { QQBotIntents, type QQBotIntentName } from './gateway/intents.js'
export { qqBotCloseRules, type QQBotCloseAction, type QQBotCloseRule } from './gateway/close-codes.js'
export type {
  QQBotGatewaySocket,
  QQBotGatewaySocketClass,
  QQBotGatewaySocketOptions,
} from './gateway/gateway-socket.js'
export type { QQBotGatewayBackoff } from './gateway/next-move.js'
export type { QQBotGatewayPayload } from './gateway/payload.js'
export type { QQBotGatewayEventName, QQBotGatewayEvents, QQBotGatewayListener } from './events/gateway-events.js'
