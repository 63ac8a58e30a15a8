// Generated from packages/server/src/facades/*-facade.ts: npm run providers
import type { Facade } from './facade.js'
import { dingtalkFacade } from './dingtalk-facade.js'
import { dingtalkOldFacade } from './dingtalk-old-facade.js'
import { feishuFacade } from './feishu-facade.js'
import { qqFacade } from './qq-facade.js'
import { wechatFacade } from './wechat-facade.js'
import { wecomFacade } from './wecom-facade.js'

/** The platforms whose SDKs the server serves. */
export const facades: readonly Facade[] = [
  dingtalkFacade,
  dingtalkOldFacade,
  feishuFacade,
  qqFacade,
  wechatFacade,
  wecomFacade,
]
