import type { PlatformCode } from '@lingpai/core'
import type { PlatformWords } from './facade-error.js'

/** The formats and errors of a platform's facade. The codes are those of the provider packages' tables. */
export interface FacadePlatform {
  /** The provider whose accounts the facade serves. */
  readonly providerId: string
  /** The fields of an error. */
  readonly code: 'errcode' | 'code'
  readonly message: 'errmsg' | 'message'
  /** Fields that SDKs read before they look for a code. */
  readonly errorExtras?: Readonly<Record<string, string>>
  /** For an unknown app, another key's app and a wrong key: one error, so that a caller learns nothing about other apps. */
  readonly stranger: PlatformWords
  /** For a valid key that matches several accounts. */
  readonly ambiguous: PlatformWords
  /** A code on which SDKs try again later and keep their token. */
  readonly busy: PlatformWords
  readonly tooMany: PlatformWords
  readonly malformed: PlatformWords
  /** A code on which SDKs fetch a token. */
  readonly unknownToken: PlatformWords
  /** For a valid key that requests something the server does not provide. */
  readonly notServed: PlatformWords
  /**
   * Renames codes of upstream's token endpoint that SDKs take for a dead token. An SDK that receives such a code while it fetches a token
   * would fetch again forever.
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
  // Without this field botgo reports a parse error and hides the code.
  errorExtras: { expires_in: '0' },
  stranger: [100016, 'invalid appid or secret'],
  ambiguous: [100007, 'appid invalid'],
  busy: [100002, 'internal err'],
  tooMany: [100001, 'Too many requests'],
  malformed: [100007, 'appid invalid'],
  unknownToken: [11243, 'token check not passed'],
  notServed: [11253, 'no privilege'],
  renamed: {},
}
