export { qqBot, qqBotHosts, type QQBotCredentials } from './qq-bot.js'
