import { wechatMp } from '@lingpai/provider-wechat-mp'
import { wecom } from '@lingpai/provider-wecom'
import { qqBot } from '@lingpai/provider-qq-bot'
import type { TokenManager, TokenSource } from '@lingpai/core'
import { demoAccounts, type AccountsOptions, type PlatformName } from '@lingpai/testing/simulator'

/** One account of the story. */
export interface Player {
  readonly platform: PlatformName
  readonly name: string
  readonly source: TokenSource
  /** A call that works only with a valid token. */
  readonly apiPath: string
  /** The response of the platform's API to a revoked token. */
  readonly deadCode: number
}

const { qq, wechat, wecom: corp } = demoAccounts

/** A second account on each platform, unused until the crowd calls it. */
const crowd = {
  qq: { ...qq, appId: '102000002' },
  wechat: { ...wechat, appId: 'wxdec0de0000000002' },
  wecom: { ...corp, agentId: '1000003', corpSecret: `${corp.corpSecret}-2` },
}

/** The accounts of the simulated platforms. */
export const accounts = {
  qq: [qq, crowd.qq],
  wechat: [wechat, crowd.wechat],
  wecom: [corp, crowd.wecom],
} as const satisfies AccountsOptions

/** The secrets of all accounts, which must never be printed. */
export const secrets: readonly string[] = [qq.clientSecret, wechat.appSecret, corp.corpSecret]

/**
 * The first account of each platform, or the second.
 *
 * @param url of the simulator
 */
export function cast(tokens: TokenManager, url: string, which: 'first' | 'crowd'): readonly Player[] {
  const given = which === 'first' ? { qq, wechat, wecom: corp } : crowd
  return [
    {
      platform: 'qq',
      name: 'QQ bot 机器人',
      source: tokens.source(qqBot.extend({ baseUrl: `${url}/qq` }), given.qq),
      apiPath: '/users/@me',
      deadCode: 11244,
    },
    {
      platform: 'wechat',
      name: 'WeChat 公众号、小程序',
      source: tokens.source(wechatMp.extend({ baseUrl: `${url}/wechat` }), given.wechat),
      apiPath: '/cgi-bin/getcallbackip',
      deadCode: 40001,
    },
    {
      platform: 'wecom',
      name: 'WeCom 企业微信',
      source: tokens.source(wecom.extend({ baseUrl: `${url}/wecom` }), given.wecom),
      apiPath: '/cgi-bin/get_api_domain_ip',
      deadCode: 40014,
    },
  ]
}
