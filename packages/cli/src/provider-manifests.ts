// Generated from packages/provider-*: npm run providers
import type { Secret } from '@lingpai/core'
import type { ProviderManifest } from '@lingpai/core/internal'
import { manifest as dingtalk } from '@lingpai/provider-dingtalk/manifest'
import { manifest as feishu } from '@lingpai/provider-feishu/manifest'
import { manifest as oauth2 } from '@lingpai/provider-oauth2/manifest'
import { manifest as qqBot } from '@lingpai/provider-qq-bot/manifest'
import { manifest as wechatMp } from '@lingpai/provider-wechat-mp/manifest'
import { manifest as wecom } from '@lingpai/provider-wecom/manifest'

/** Any credentials, by field. */
export type AnyCredentials = Readonly<Record<string, Secret>>

/** A value of `provider:` in the configuration. */
export type ProviderName =
  | 'dingtalk'
  | 'dingtalk-unified'
  | 'dingtalk-old'
  | 'feishu'
  | 'feishu-app'
  | 'feishu-oauth'
  | 'oauth2'
  | 'qq-bot'
  | 'wechat-mp'
  | 'wechat-mp-plain'
  | 'wecom'

const manifests: readonly object[] = [dingtalk, feishu, oauth2, qqBot, wechatMp, wecom]

/** What the provider packages of this repository say about themselves. */
export const providerManifests = manifests as readonly ProviderManifest<AnyCredentials>[]
