import type { CodeSpec, Endpoint, ErrorTable, Hint } from '@lingpai/core'

/**
 * Codes of the token endpoint: RFC 6749 §5.2, RFC 8707 §2 (`invalid_target`); `server_error`, `temporarily_unavailable` and `access_denied`
 * stand in §4.1.2.1, and servers use them here, too. Codes of API calls: RFC 6750 §3.1. A malformed call (`invalid_request`) is not
 * listed: it says nothing about the token.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749 (read 2026-11-29)
 * @see https://www.rfc-editor.org/rfc/rfc6750 (read 2026-11-29)
 * @see https://www.rfc-editor.org/rfc/rfc8707 (read 2026-11-29)
 */
export const errorTables: Readonly<Record<Endpoint, ErrorTable>> = {
  token: {
    'credential-invalid': ['invalid_client', 'unauthorized_client'],
    permission: [
      'invalid_request',
      'invalid_grant',
      'unsupported_grant_type',
      'invalid_scope',
      'invalid_target',
      'access_denied',
    ],
    transient: ['server_error', 'temporarily_unavailable'],
  },
  api: { 'token-invalid': ['invalid_token'], permission: ['insufficient_scope'] },
}

/** Short meanings for the tables of the docs. */
export const perCode: Readonly<Record<string, CodeSpec>> = {
  invalid_client: {
    note: { en: 'unknown client, or wrong secret or assertion', zh: '客户端不存在，或密钥、断言错误' },
  },
  unauthorized_client: { note: { en: 'the client may not use this grant', zh: '客户端无权使用该授权类型' } },
  invalid_request: { note: { en: 'a parameter is missing or wrong', zh: '缺少参数，或参数错误' } },
  invalid_grant: { note: { en: 'the grant is invalid or expired', zh: '授权无效或已过期' } },
  unsupported_grant_type: { note: { en: 'unknown grant type', zh: '不支持的授权类型' } },
  invalid_scope: { note: { en: 'the scope is unknown or not allowed', zh: 'scope 不存在或不被允许' } },
  invalid_target: { note: { en: 'the resource is unknown or not allowed', zh: 'resource 不存在或不被允许' } },
  access_denied: { note: { en: 'the server refuses the client', zh: '服务器拒绝了该客户端' } },
  server_error: { note: { en: 'internal error of the server', zh: '服务器内部错误' } },
  temporarily_unavailable: { note: { en: 'the server is busy', zh: '服务器繁忙' } },
  invalid_token: { note: { en: 'the token expired, was revoked or is malformed', zh: '令牌已过期、已撤销或格式错误' } },
  insufficient_scope: { note: { en: 'the token lacks a scope', zh: '令牌缺少所需的 scope' } },
}

/** What a person can do. */
export const hints: Readonly<Record<string, Hint>> = {
  'credential-invalid': {
    en: 'Compare client id and secret with those in the console of the server.',
    zh: '请与服务器控制台中的 client id 和 client secret 核对。',
  },
  invalid_client: {
    en: 'Compare client id and secret with the console of the server, and check how it wants them: clientAuthentication.',
    zh: '请核对 client id 与 client secret，并确认服务器要求的客户端认证方式（clientAuthentication）。',
  },
  unauthorized_client: {
    en: 'Allow the grant type for this client in the console of the server.',
    zh: '请在服务器控制台为该客户端启用此授权类型。',
  },
  permission: {
    en: 'Compare grant type, scope, audience and parameters with what the server allows this client.',
    zh: '请核对授权类型、scope、audience 和其他参数是否在该客户端的权限之内。',
  },
  insufficient_scope: {
    en: 'The token lacks a scope: request it by scope, and allow it for this client.',
    zh: '令牌缺少所需的 scope：请在 scope 中申请，并为该客户端开通。',
  },
  transient: { en: 'The server is busy: try again later.', zh: '服务器繁忙：请稍后重试。' },
  'token-invalid': {
    en: 'The API rejected the token. If it rejects the next one as well, check audience and scope.',
    zh: '令牌被 API 拒绝；若更换后仍被拒绝，请核对 audience 与 scope。',
  },
  clientAssertion: {
    en: 'Give clientAssertion a function that signs a JWT for each request, as clientAssertion() returns it.',
    zh: '请将 clientAssertion 设为每次请求都重新签名的函数，即 clientAssertion() 的返回值。',
  },
}
