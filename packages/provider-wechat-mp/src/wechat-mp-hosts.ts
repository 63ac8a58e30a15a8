import type { ProviderOverrides } from '@lingpai/core'

/**
 * WeChat's other API hosts, for `wechatMp.extend(wechatMpHosts.shanghai)`. The default host resolves to the nearest one.
 *
 * With `wechatMpPlain`, all processes of an account must use the same host: the cache treats each host as a separate account,
 * while the tokens replace each other whatever host issued them.
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
