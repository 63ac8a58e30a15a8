// Generated from packages/testing/src/simulator/*-platform.ts: npm run providers

/** The platforms that are simulated, by the first part of their paths. */
export const platformNames = ['dingtalk', 'feishu', 'qq', 'wechat', 'wecom'] as const

/** The first part of a platform's paths: `/dingtalk`, `/feishu`, `/qq`, `/wechat`, `/wecom`. */
export type PlatformName = (typeof platformNames)[number]
