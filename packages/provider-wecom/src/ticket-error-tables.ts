import type { Endpoint, ErrorTable } from '@lingpai/core'
import { errorTables } from './error-tables.js'

/**
 * WeCom's codes in a ticket request, which is an API call like any other: 40014 and 42001 reject the access token. No API is called
 * with a ticket, so none rejects one.
 */
export const ticketErrorTables: Readonly<Record<Endpoint, ErrorTable>> = {
  token: errorTables.api,
  api: {},
}
