import type { CodeSpec } from '@lingpai/core'

/** Meaning of single codes, and how they differ from their class; sources as in `error-tables.ts`. */
export const perCode: Readonly<Record<string, CodeSpec>> = {
  '-1': { note: { en: 'the platform is busy', zh: '平台繁忙' } },
  6000: { note: { en: 'two writers changed the same data', zh: '数据版本冲突，有两方同时修改' } },
  40001: {
    note: {
      en: 'secret wrong, reset, or of another corporation; or the app is disabled',
      zh: 'Secret 错误、已重置或属于其他企业；或应用已停用',
    },
  },
  40013: { note: { en: 'CorpID invalid', zh: '企业 ID 无效' } },
  40014: { note: { en: 'the token is invalid or expired, or of another kind', zh: '令牌无效、已过期，或类型不符' } },
  40056: { note: { en: 'AgentId invalid', zh: 'AgentId 无效' } },
  40080: { note: { en: 'suite secret invalid', zh: 'suite_secret 无效' } },
  40082: { note: { en: 'suite token invalid or expired', zh: 'suite_access_token 无效或已过期' } },
  40083: { note: { en: 'suite id invalid', zh: 'suite_id 无效' } },
  40084: {
    note: { en: 'permanent code invalid, or the authorization was withdrawn', zh: '永久授权码无效，或授权已取消' },
  },
  40085: { note: { en: 'suite ticket invalid or expired', zh: 'suite_ticket 无效或已过期' } },
  40091: { note: { en: 'the secret is of another corporation', zh: 'Secret 属于其他企业' } },
  40093: { note: { en: 'jsapi signature wrong, or its ticket expired', zh: 'jsapi 签名错误，或其票据已过期' } },
  41001: { note: { en: 'no access_token in the request', zh: '请求中没有 access_token' } },
  41002: { note: { en: 'no corpid in the request', zh: '请求中没有 corpid' } },
  41004: { note: { en: 'no secret in the request', zh: '请求中没有 secret' } },
  41022: { note: { en: 'no suite_access_token in the request', zh: '请求中没有 suite_access_token' } },
  42001: { note: { en: 'the token expired', zh: '令牌已过期' } },
  42007: { note: { en: 'pre_auth_code expired', zh: 'pre_auth_code 已过期' } },
  42009: { note: { en: 'suite token expired', zh: 'suite_access_token 已过期' } },
  42012: { note: { en: 'jsapi ticket of another kind', zh: 'jsapi_ticket 类型不符' } },
  // The limits per minute and per hour share this code; path/90454.
  45009: { note: { en: 'too many calls', zh: '调用过于频繁' }, coolDownSeconds: 60 },
  45033: { note: { en: 'too many calls at the same time', zh: '并发调用过多' }, coolDownSeconds: 5 },
  48002: { note: { en: 'the app may not call this API', zh: '应用无权调用此接口' } },
  48003: { note: { en: 'suite token of another suite', zh: 'suite_access_token 属于其他套件' } },
  48004: { note: { en: 'the authorization is gone', zh: '授权已失效' } },
  50003: { note: { en: 'the app is disabled', zh: '应用已停用' } },
  60011: {
    note: {
      en: "the member, department or tag is outside the app's scope",
      zh: '成员、部门或标签不在应用的可见范围内',
    },
  },
  60020: { note: { en: 'the source IP is not trusted', zh: '来源 IP 不可信' } },
  301002: { note: { en: 'the token belongs to another app', zh: '令牌属于其他应用' } },
  301007: { note: { en: 'the corporation is dissolved or banned', zh: '企业已解散或被封禁' } },
}
