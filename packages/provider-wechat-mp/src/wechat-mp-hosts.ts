import type { ProviderOverrides } from '@lingpai/core'

/**
 * WeChat's other API hosts, for `wechatMp.extend(wechatMpHosts.shanghai)`. The default host answers from the nearest place.
 *
 * With `wechatMpPlain`, all processes of an account must use the same host: each host is an account of its own to the cache,
 * while upstream's tokens replace each other wherever they were asked for.
 *
 * @see https://developers.weixin.qq.com/doc/service/Basic_Information/Interface_field_description.html (read 2026-11-20)
 */
export const wechatMpHosts = {
  /** Disaster recovery. */
  backup: { baseUrl: 'https://api2.weixin.qq.com' },
  shanghai: { baseUrl: 'https://sh.api.weixin.qq.com' },
  shenzhen: { baseUrl: 'https://sz.api.weixin.qq.com' },
  hongkong: { baseUrl: 'https://hk.api.weixin.qq.com' },
} as const satisfies Record<string, ProviderOverrides>
