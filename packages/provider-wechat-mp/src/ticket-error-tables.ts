import type { Endpoint, ErrorTable } from '@lingpai/core'
import { errorTables } from './error-tables.js'

/**
 * WeChat's codes in a ticket request, which is an API call like any other: 40001 and similar codes reject the access token. No API is
 * called with a ticket, so none rejects one.
 *
 * @see https://developers.weixin.qq.com/doc/service/api/invoice/auth/api_getticket.html (read 2026-11-20)
 */
export const ticketErrorTables: Readonly<Record<Endpoint, ErrorTable>> = {
  token: errorTables.api,
  api: {},
}
