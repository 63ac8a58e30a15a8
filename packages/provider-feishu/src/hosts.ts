/** Feishu's host for tokens and API calls. An app exists at Feishu or at Lark, never at both. */
export const feishuBaseUrl = 'https://open.feishu.cn'

/** The host of Feishu's OAuth endpoint. */
export const feishuAccountsBaseUrl = 'https://accounts.feishu.cn'

/**
 * Lark's host, for `extend`: `feishu.extend(lark)`.
 *
 * @see https://github.com/larksuite/node-sdk client/client-assertion.ts at f54b49f (read 2026-11-28)
 */
export const lark = { baseUrl: 'https://open.larksuite.com' } as const

/** Lark's hosts for the kinds that use OAuth: `feishuOAuth.extend(larkOAuth)`. */
export const larkOAuth = {
  baseUrl: 'https://accounts.larksuite.com',
  apiBaseUrl: 'https://open.larksuite.com',
} as const
