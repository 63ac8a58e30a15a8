import type { ProviderManifest } from '@lingpai/core/internal'
import { qqBot, type QQBotCredentials } from './qq-bot.js'

/** What the command, the docs and the status page say about this package. */
export const manifest: ProviderManifest<QQBotCredentials> = {
  title: { en: 'QQ bot', zh: 'QQ 机器人' },
  summary: { en: 'QQ bots', zh: 'QQ 机器人' },
  accounts: { 'qq-bot': { provider: qqBot, title: { en: 'QQ bot', zh: 'QQ 机器人' } } },
  baseUrlEnv: 'QQ_BOT_BASE_URL',
  simulator: 'qq',
}
