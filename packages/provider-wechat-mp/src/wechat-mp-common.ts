import type { ResponseSpec, PlacementSpec, ProviderSpec, Secret } from '@lingpai/core'
import { errorTables } from './error-tables.js'
import { hints } from './hints.js'
import { perCode } from './per-code.js'
import { wechatMpHosts } from './wechat-mp-hosts.js'

/** Credentials of an official account (公众号), or of a mini program (小程序): both use the same request. */
export interface WechatMpCredentials {
  /** AppID, `wx` and 16 characters; case matters. */
  readonly appId: string
  readonly appSecret: Secret
}

const response: ResponseSpec = {
  token: 'access_token',
  expiresIn: 'expires_in',
  code: ['errcode'],
  message: 'errmsg',
  trace: { pattern: /rid: ([0-9a-f-]+)/ },
  ip: [/invalid ip ([^ ,]+)/, /requestIP: ([^ ,]+)/],
}

const placement: PlacementSpec = { in: 'query', name: 'access_token' }

/** The common part of both token endpoints: hosts, fields, errors, names. */
export const wechatMpCommon = {
  id: 'wechat-mp',
  account: ['appId'],
  secrets: ['appSecret'],
  // Spellings of one name only: two prefixes could pair the id of one app with the secret of another.
  env: {
    appId: ['WECHAT_MP_APP_ID', 'WECHAT_MP_APPID'],
    appSecret: ['WECHAT_MP_APP_SECRET', 'WECHAT_MP_APPSECRET', 'WECHAT_MP_SECRET'],
  },
  baseUrl: 'https://api.weixin.qq.com',
  fallbackBaseUrls: [wechatMpHosts.backup.baseUrl],
  apiOrigins: Object.values(wechatMpHosts).map(({ baseUrl }) => baseUrl),
  response,
  placement,
  errors: errorTables,
  perCode,
  hints,
  // Practitioners test tokens with it (silenceper/wechat#336); it changes nothing (read 2026-11-20).
  probe: { method: 'GET', url: '/cgi-bin/getcallbackip' },
} as const satisfies Partial<ProviderSpec<WechatMpCredentials>>
