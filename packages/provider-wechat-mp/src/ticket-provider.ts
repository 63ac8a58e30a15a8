import { defineProvider, type Provider } from '@lingpai/core'
import { hints } from './hints.js'
import { perCode } from './per-code.js'
import { ticketErrorTables } from './ticket-error-tables.js'
import { wechatMpCommon, type WechatMpCredentials } from './wechat-mp-common.js'
import { wechatMp } from './wechat-mp.js'

/** What the two tickets of an account have in common: they differ in `type` alone. */
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
    // The whole life is told however old the ticket is (community/develop/doc/000e0adca68568abb1ab525365b000, 2021), and when
    // a new one comes is not documented. Calls are few by quota: one an hour is far below any.
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
    answer: { ...common.answer, token: 'ticket' },
    placement: { in: 'nowhere' },
    errors: ticketErrorTables,
    perCode: ofTickets(perCode),
    hints: ofTickets(hints),
    request: () => ({ method: 'GET', url: '/cgi-bin/ticket/getticket', query: { type } }),
  })
}

/** What is said of classes, and of the codes that can come here. */
function ofTickets<T>(table: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  const codes = Object.values(ticketErrorTables.token).flat().map(String)
  return Object.fromEntries(Object.entries(table).filter(([key]) => codes.includes(key) || !/\d/.test(key)))
}
