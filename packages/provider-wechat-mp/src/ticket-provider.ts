import { defineProvider, type Provider } from '@lingpai/core'
import { hints } from './hints.js'
import { perCode } from './per-code.js'
import { ticketErrorTables } from './ticket-error-tables.js'
import { wechatMpCommon, type WechatMpCredentials } from './wechat-mp-common.js'
import { wechatMp } from './wechat-mp.js'

/** The provider of either ticket of an account; they differ only in `type`. */
export function ticketProvider(kind: string, type: 'jsapi' | 'wx_card'): Provider<WechatMpCredentials> {
  const { probe: _, ...common } = wechatMpCommon
  return defineProvider<WechatMpCredentials>({
    ...common,
    kind,
    parent: wechatMp,
    source: {
      url: 'https://developers.weixin.qq.com/doc/service/api/invoice/auth/api_getticket.html',
      readOn: '2026-11-20',
    },
    // `expires_in` is the full life, independent of the age of the ticket (community/develop/doc/000e0adca68568abb1ab525365b000, 2021),
    // and when a new one is issued is not documented. One request per hour is far below the quota.
    renewal: {
      mode: 'sticky',
      windowSeconds: 0,
      attemptsAtSeconds: [600, 120],
      jitterSeconds: 60,
      marginSeconds: 60,
      memorySeconds: 60,
      minIntervalSeconds: 60,
      maxLifeSeconds: 7200,
      trustSeconds: 3600,
    },
    response: { ...common.response, token: 'ticket' },
    placement: { in: 'nowhere' },
    errors: ticketErrorTables,
    perCode: ofTickets(perCode),
    hints: ofTickets(hints),
    request: () => ({ method: 'GET', url: '/cgi-bin/ticket/getticket', query: { type } }),
  })
}

/** Keeps the rows of classes, and of the codes that a ticket request can return. */
function ofTickets<T>(table: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  const codes = Object.values(ticketErrorTables.token).flat().map(String)
  return Object.fromEntries(Object.entries(table).filter(([key]) => codes.includes(key) || !/\d/.test(key)))
}
