import type { Provider, Secret } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'
import { cardTicket, jsapiTicket, wechatMp, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { agentTicket, corpTicket, wecom } from '@lingpai/provider-wecom'
import type { TicketName } from '@lingpai/server'

/** Any provider, its credentials by field. */
export type AnyProvider = Provider<Readonly<Record<string, Secret>>>

/** A provider as the configuration knows it. */
export interface KnownProvider {
  readonly provider: AnyProvider
  /** For people. */
  readonly title: string
  /** Environment variable with another base URL, for accounts that come from the environment: a sandbox, a private deployment. */
  readonly baseUrlEnv: string
  /** What is derived from the token, by the names of the central server. */
  readonly tickets: Readonly<Partial<Record<TicketName, AnyProvider>>>
  /** Whether an account of this name is made from environment variables where there is no configuration file. */
  readonly isFromEnv: boolean
}

const wechatTickets = { jsapi: jsapiTicket, wxCard: cardTicket }
const wecomTickets = { jsapi: corpTicket, agentConfig: agentTicket }

/** Names for `provider:` in the configuration. Another platform is one more line. */
export const knownProviders = {
  'qq-bot': known(qqBot, 'QQ bot (QQ 机器人)', 'QQ_BOT_BASE_URL', {}),
  'wechat-mp': known(
    wechatMp,
    'WeChat official account or mini program (公众号、小程序)',
    'WECHAT_MP_BASE_URL',
    wechatTickets,
  ),
  'wechat-mp-plain': {
    ...known(wechatMpPlain, 'WeChat through cgi-bin/token', 'WECHAT_MP_BASE_URL', wechatTickets),
    // The same variables as `wechat-mp`: only a configuration can choose the endpoint that kills its earlier tokens.
    isFromEnv: false,
  },
  wecom: known(wecom, 'WeCom app (企业微信)', 'WECOM_BASE_URL', wecomTickets),
} as const satisfies Readonly<Record<string, KnownProvider>>

/** A name for `provider:` in the configuration. */
export type ProviderName = keyof typeof knownProviders

/** All names, in the order of the table. */
export const providerNames = Object.keys(knownProviders) as ProviderName[]

/** The field of the credentials that is secret; platforms of the table have one. */
export function secretFieldOf({ spec }: AnyProvider): string {
  return spec.secrets[0] ?? 'secret'
}

function known<C>(
  provider: Provider<C>,
  title: string,
  baseUrlEnv: string,
  tickets: Readonly<Partial<Record<TicketName, Provider<C>>>>,
): KnownProvider {
  const any = provider as unknown as AnyProvider
  return { provider: any, title, baseUrlEnv, tickets: tickets as unknown as KnownProvider['tickets'], isFromEnv: true }
}
