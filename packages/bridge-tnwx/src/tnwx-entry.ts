import { systemClock, type Account, type TokenRecord } from '@lingpai/core'

/** Where TNW looks for a token or a ticket: the kit whose cache it asks, the key, and the field of the JSON text there. */
export interface TnwxEntry {
  readonly kit: 'ApiConfigKit' | 'QyApiConfigKit'
  readonly key: string
  readonly field: 'access_token' | 'ticket'
}

type EntryOf = (ids: Readonly<Record<string, string>>) => TnwxEntry

const ofApp = (suffix = ''): EntryOf => {
  const field = suffix === '' ? 'access_token' : 'ticket'
  return ({ appId }) => ({ kit: 'ApiConfigKit', key: `${appId}${suffix}`, field })
}
const ticketOfAgent =
  (type: string): EntryOf =>
  ({ agentId, corpId }) => ({ kit: 'QyApiConfigKit', key: `${agentId}:${corpId}:${type}`, field: 'ticket' })

const entries: Readonly<Record<string, EntryOf>> = {
  'wechat-mp stable': ofApp(),
  'wechat-mp token': ofApp(),
  'wechat-mp jsapi-ticket': ofApp(':jsapi'),
  'wechat-mp card-ticket': ofApp(':wx_card'),
  'wecom app': ({ agentId, corpId }) => ({
    kit: 'QyApiConfigKit',
    key: `${agentId}_${corpId}`,
    field: 'access_token',
  }),
  'wecom corp-ticket': ticketOfAgent('corp'),
  'wecom agent-ticket': ticketOfAgent('agent'),
}

/** Where TNW looks for what a source of this account has; `undefined` if TNW does not know the platform. */
export function tnwxEntryOf({ provider, kind, ids }: Account): TnwxEntry | undefined {
  return entries[`${provider} ${kind}`]?.(ids)
}

/** A record as TNW stores it. TNW serves a ticket from its cache only if there is an `access_token`, too. */
export function tnwxFields({ field }: TnwxEntry, { value, expiresAtMs }: TokenRecord): object {
  const expires_in = Math.max(1, Math.floor((expiresAtMs - systemClock.now()) / 1000))
  return { access_token: '', [field]: value, expires_in, expired_time: expiresAtMs }
}
