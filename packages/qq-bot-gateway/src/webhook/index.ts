export { qqBotWebhook, type QQBotWebhookOptions } from './qq-bot-webhook.js'
