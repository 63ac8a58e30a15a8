export { qqBotHosts } from './qq-bot-hosts.js'
export { qqBot, type QQBotCredentials } from './qq-bot.js'
