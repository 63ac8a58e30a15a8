import { defineProvider, type Secret } from '@lingpai/core'
import { errorTables, hints, perCode } from './error-codes.js'

/** Credentials of one app of a corporation; each app has its own secret and token. */
export interface WecomCredentials {
  /** CorpID of the corporation. */
  readonly corpId: string
  /**
   * AgentId of the app. It is not sent, and distinguishes the tokens of two apps of one corporation. Built-in apps, such as contacts,
   * have none: use any text, such as `contacts`.
   */
  readonly agentId: string | number
  /** Secret of the app; a permanent code for an app that a developer runs on behalf of the corporation (代开发). */
  readonly corpSecret: Secret
}

/**
 * Access token of a WeCom app (企业微信).
 *
 * The platform repeats the same token while it is valid and returns a new one after that. Whether a new one can be obtained earlier is
 * not documented, so one early attempt is made, which may return the same token. Frequent requests are blocked. For a private
 * deployment use `wecom.extend({ baseUrl: 'https://wecom.example.com/prefix' })`.
 *
 * @see https://developer.work.weixin.qq.com/document/path/91039 (2024-03-26, read 2026-11-20)
 * @see https://developer.work.weixin.qq.com/document/path/90454 for the limits (read 2026-11-20)
 * @example
 * ```ts
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 * import { wecom } from '@lingpai/provider-wecom'
 *
 * const tokens = new TokenManager({ cache: fileCache({ directory: '.lingpai' }) })
 * const app = tokens.source(wecom, wecom.credentialsFromEnv()) // WECOM_CORP_ID, WECOM_AGENT_ID and WECOM_CORP_SECRET
 * const response = await app.fetch('/cgi-bin/user/get?userid=zhangsan')
 * ```
 */
export const wecom = defineProvider<WecomCredentials>({
  id: 'wecom',
  source: { url: 'https://developer.work.weixin.qq.com/document/path/91039', readOn: '2026-11-20' },
  account: ['corpId', 'agentId'],
  secrets: ['corpSecret'],
  // Spellings of one name only: two prefixes could pair the id of one app with the secret of another.
  env: {
    corpId: ['WECOM_CORP_ID', 'WECOM_CORPID'],
    agentId: ['WECOM_AGENT_ID', 'WECOM_AGENTID'],
    corpSecret: ['WECOM_CORP_SECRET', 'WECOM_CORPSECRET', 'WECOM_SECRET', 'WECOM_AGENT_SECRET'],
  },
  baseUrl: 'https://qyapi.weixin.qq.com',
  renewal: {
    mode: 'sticky',
    windowSeconds: 0,
    attemptsAtSeconds: [300, 20],
    jitterSeconds: 30,
    marginSeconds: 10,
    minIntervalSeconds: 30,
  },
  response: {
    token: 'access_token',
    expiresIn: 'expires_in',
    code: ['errcode'],
    message: 'errmsg',
    // "… expired, hint: [1576065934_28_e0fa…], from ip: 9.30.0.138, more info at …": path/97073 (2023-04-24, read 2026-11-20).
    trace: { pattern: /hint: \[([^\]\s]+)\]/ },
    ip: [/from ip: ([^ ,]+)/],
  },
  placement: { in: 'query', name: 'access_token' },
  errors: errorTables,
  perCode,
  hints,
  // https://developer.work.weixin.qq.com/document/path/97073 (2023-04-24, read 2026-11-20): any app may call it.
  probe: { method: 'GET', url: '/cgi-bin/get_api_domain_ip' },
  request: ({ corpId, corpSecret }) => ({
    method: 'GET',
    url: '/cgi-bin/gettoken',
    query: { corpid: corpId, corpsecret: corpSecret },
  }),
})
