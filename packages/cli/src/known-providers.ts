import type { Provider, Secret } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'
import { cardTicket, jsapiTicket, wechatMp, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { agentTicket, corpTicket, wecom } from '@lingpai/provider-wecom'
import type { TicketName } from '@lingpai/server'

/** Any provider, with its credentials by field. */
export type AnyProvider = Provider<Readonly<Record<string, Secret>>>

/** A provider as the configuration knows it. */
export interface KnownProvider {
  readonly provider: AnyProvider
  /** Title for people. */
  readonly title: string
  /** Environment variable with another base URL for accounts from the environment, such as a sandbox or a private deployment. */
  readonly baseUrlEnv: string
  /** Tickets that are derived from the token, by their names in the token server. */
  readonly tickets: Readonly<Partial<Record<TicketName, AnyProvider>>>
  /** Whether environment variables define an account of this name without a configuration file. */
  readonly isFromEnv: boolean
}

const wechatTickets = { jsapi: jsapiTicket, wxCard: cardTicket }
const wecomTickets = { jsapi: corpTicket, agentConfig: agentTicket }

/** The values of `provider:` in the configuration. */
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
    // It has the same variables as `wechat-mp`: only a configuration file can choose the endpoint that invalidates earlier tokens.
    isFromEnv: false,
  },
  wecom: known(wecom, 'WeCom app (企业微信)', 'WECOM_BASE_URL', wecomTickets),
} as const satisfies Readonly<Record<string, KnownProvider>>

/** A value of `provider:` in the configuration. */
export type ProviderName = keyof typeof knownProviders

/** All values in the order of the table. */
export const providerNames = Object.keys(knownProviders) as ProviderName[]

/** Returns the secret field of the credentials; each provider of the table has one. */
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
