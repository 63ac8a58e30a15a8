// Generated from packages/provider-*: npm run providers
import { manifest as qqBot } from '@lingpai/provider-qq-bot/manifest'
import { manifest as wechatMp } from '@lingpai/provider-wechat-mp/manifest'
import { manifest as wecom } from '@lingpai/provider-wecom/manifest'

/** The provider packages of this repository. */
export const providerManifests = [qqBot, wechatMp, wecom] as const
