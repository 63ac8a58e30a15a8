import { defineProvider, type ProviderOverrides, type Secret } from '@lingpai/core'
import { errorTables, hints, perCode } from './error-codes.js'

/** Credentials of a bot, as the console of the QQ open platform shows them. */
export interface QQBotCredentials {
  /** AppID, digits. Sent as a JSON string: a number is rejected with 100002. */
  readonly appId: string
  /** AppSecret; the API calls it `clientSecret`. */
  readonly clientSecret: Secret
}

/**
 * QQ bot access token (QQ 机器人).
 *
 * The platform repeats the same token until its last 60 seconds. A request in those returns a new one, while the old one remains valid
 * until it expires. `expires_in` is the remaining life, as a string of digits.
 *
 * @see https://bot.q.qq.com/wiki/develop/api-v2/dev-prepare/access-token.html (2026-09, read 2026-11-20)
 * @see https://bot.q.qq.com/wiki/develop/api-v2/dev-prepare/api-call-guide.html for errors and the trace id (read 2026-11-20)
 * @example
 * ```ts
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 * import { qqBot } from '@lingpai/provider-qq-bot'
 *
 * const tokens = new TokenManager({ cache: fileCache({ directory: '.lingpai' }) })
 * const bot = tokens.source(qqBot, qqBot.credentialsFromEnv()) // QQ_BOT_APP_ID and QQ_BOT_SECRET
 * const response = await bot.fetch('/gateway')
 * ```
 */
export const qqBot = defineProvider<QQBotCredentials>({
  id: 'qq-bot',
  source: {
    url: 'https://bot.q.qq.com/wiki/develop/api-v2/dev-prepare/access-token.html',
    readOn: '2026-11-20',
  },
  account: ['appId'],
  secrets: ['clientSecret'],
  // Spellings of one name only: two prefixes could pair the id of one bot with the secret of another.
  env: {
    appId: ['QQ_BOT_APP_ID', 'QQ_BOT_APPID', 'QQBOT_APP_ID', 'QQBOT_APPID'],
    clientSecret: [
      'QQ_BOT_SECRET',
      'QQ_BOT_CLIENT_SECRET',
      'QQ_BOT_APP_SECRET',
      'QQBOT_SECRET',
      'QQBOT_CLIENT_SECRET',
      'QQBOT_APP_SECRET',
    ],
  },
  // Documented since August 2026; `qqBotHosts` has the earlier ones.
  baseUrl: 'https://api.bot.qq.com',
  // The platform's older API hosts take the same token. Its gateway runs on these hosts as well, and the old host still
  // appears in responses of the new one, so all of them stay known whichever base is configured.
  apiOrigins: ['https://api.bot.qq.com', 'https://api.sgroup.qq.com', 'https://sandbox.api.sgroup.qq.com'],
  renewal: {
    mode: 'sticky',
    windowSeconds: 60,
    overlapSeconds: 60,
    attemptsAtSeconds: [50, 40, 20, 10],
    jitterSeconds: 10,
    marginSeconds: 5,
    minIntervalSeconds: 2,
    maxLifeSeconds: 7200,
  },
  response: {
    token: 'access_token',
    expiresIn: 'expires_in',
    // Both may differ in one body: {"code":11244,"err_code":40011027} (observed 2026-09).
    code: ['err_code', 'code'],
    message: 'message',
    trace: { headers: ['x-tps-trace-id'], fields: ['trace_id'] },
  },
  placement: { in: 'header', name: 'Authorization', scheme: 'QQBot' },
  errors: errorTables,
  perCode,
  hints,
  // https://bot.q.qq.com/wiki/develop/api-v2/event-emit/websocket.html (read 2026-11-20): needs a token and changes nothing.
  probe: { method: 'GET', url: '/gateway' },
  // The content type must be JSON: any other is rejected with 100007 (observed, zhinjs/qq-official-bot#88).
  request: ({ appId, clientSecret }) => ({
    method: 'POST',
    url: '/app/getAppAccessToken',
    json: { appId, clientSecret },
  }),
})

/**
 * Alternative hosts of the platform, for `qqBot.extend(qqBotHosts.legacy)`; chain two `extend` calls to combine them.
 *
 * @see https://github.com/tencent-connect/bot-docs docs/README.md §8.5 (2025-04-21, read 2026-11-20)
 */
export const qqBotHosts = {
  /** The hosts from before August 2026; they still responded in September 2026. */
  legacy: { baseUrl: 'https://bots.qq.com', apiBaseUrl: 'https://api.sgroup.qq.com' },
  /** The sandbox API; its tokens come from the same endpoint as those of production. */
  sandbox: { apiBaseUrl: 'https://sandbox.api.sgroup.qq.com' },
} as const satisfies Record<string, ProviderOverrides>
