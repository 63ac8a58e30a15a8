import type { PlatformCode } from '@lingpai/core'
import type { PlatformWords } from './facade-refusal.js'

/** How a platform words what a facade has to say. The codes are those of the provider packages' tables. */
export interface FacadePlatform {
  /** The provider whose accounts the facade serves. */
  readonly providerId: string
  /** The fields of a refusal. */
  readonly code: 'errcode' | 'code'
  readonly message: 'errmsg' | 'message'
  /** Fields that SDKs read before they look for a code. */
  readonly besideRefusals?: Readonly<Record<string, string>>
  /** No such app, another's app and a wrong key: one answer, so that no caller learns which apps there are. */
  readonly stranger: PlatformWords
  /** A right key that means several accounts. */
  readonly ambiguous: PlatformWords
  /** SDKs try again later, and keep what they have. */
  readonly busy: PlatformWords
  readonly tooMany: PlatformWords
  readonly malformed: PlatformWords
  /** SDKs fetch a token when they see it. */
  readonly unknownToken: PlatformWords
  /** The right client asks for what the server does not have. */
  readonly notServed: PlatformWords
  /**
   * Codes of upstream's token endpoint that mean a dead token to SDKs: an SDK that fetches a token when it sees one, and sees it
   * while it fetches, fetches for ever.
   */
  readonly renamed: Readonly<Record<PlatformCode, PlatformWords>>
}

/** WeChat official accounts and mini programs. */
export const wechatPlatform: FacadePlatform = {
  providerId: 'wechat-mp',
  code: 'errcode',
  message: 'errmsg',
  stranger: [40125, 'invalid appsecret'],
  ambiguous: [40013, 'invalid appid'],
  busy: [-1, 'system error'],
  tooMany: [45011, 'api minute-quota reach limit, must slower, retry next minute'],
  malformed: [40013, 'invalid appid'],
  unknownToken: [40001, 'invalid credential, access_token is invalid or not latest'],
  notServed: [48001, 'api unauthorized'],
  renamed: { 40001: [40125, 'invalid appsecret'] },
}

/** WeCom. */
export const wecomPlatform: FacadePlatform = {
  providerId: 'wecom',
  code: 'errcode',
  message: 'errmsg',
  stranger: [40001, 'invalid credential'],
  ambiguous: [40056, 'invalid agentid'],
  busy: [-1, 'system busy'],
  tooMany: [45009, 'api freq out of limit'],
  malformed: [40013, 'invalid corpid'],
  unknownToken: [40014, 'invalid access_token'],
  notServed: [48002, 'api forbidden'],
  renamed: {},
}

/** QQ bots. */
export const qqPlatform: FacadePlatform = {
  providerId: 'qq-bot',
  code: 'code',
  message: 'message',
  // botgo reports a parse error where it is missing, and hides the code.
  besideRefusals: { expires_in: '0' },
  stranger: [100016, 'invalid appid or secret'],
  ambiguous: [100007, 'appid invalid'],
  busy: [100002, 'internal err'],
  tooMany: [100001, 'Too many requests'],
  malformed: [100007, 'appid invalid'],
  unknownToken: [11243, 'token check not passed'],
  notServed: [11253, 'no privilege'],
  renamed: {},
}
