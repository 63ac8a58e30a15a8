// Generated from packages/testing/src/simulator/*-platform.ts: npm run providers
import type { PlatformKind } from './platform.js'
import type { PlatformName } from './platform-name.js'
import { dingtalkPlatform } from './dingtalk-platform.js'
import { feishuPlatform } from './feishu-platform.js'
import { qqPlatform } from './qq-platform.js'
import { wechatPlatform } from './wechat-platform.js'
import { wecomPlatform } from './wecom-platform.js'

/** Every platform that is simulated. */
export const platformKinds = {
  dingtalk: dingtalkPlatform,
  feishu: feishuPlatform,
  qq: qqPlatform,
  wechat: wechatPlatform,
  wecom: wecomPlatform,
} satisfies Readonly<Record<PlatformName, PlatformKind>>
