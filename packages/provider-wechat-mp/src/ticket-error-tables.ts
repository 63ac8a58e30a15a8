import type { Endpoint, ErrorTable } from '@lingpai/core'
import { errorTables } from './error-tables.js'

/**
 * WeChat's codes when a ticket is asked for: an API call like any other, so that 40001 and its kin refuse the access token. No
 * API is called with a ticket, so none refuses one.
 *
 * @see https://developers.weixin.qq.com/doc/service/api/invoice/auth/api_getticket.html (read 2026-11-20)
 */
export const ticketErrorTables: Readonly<Record<Endpoint, ErrorTable>> = {
  token: errorTables.api,
  api: {},
}
