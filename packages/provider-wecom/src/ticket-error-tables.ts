import type { Endpoint, ErrorTable } from '@lingpai/core'
import { errorTables } from './error-tables.js'

/**
 * WeCom's codes when a ticket is asked for: an API call like any other, so that 40014 and 42001 refuse the access token. No API
 * is called with a ticket, so none refuses one.
 */
export const ticketErrorTables: Readonly<Record<Endpoint, ErrorTable>> = {
  token: errorTables.api,
  api: {},
}
