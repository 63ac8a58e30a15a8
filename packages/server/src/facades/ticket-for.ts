import type { TicketName } from '../served-account.js'
import type { FacadeDesk } from './facade-desk.js'
import type { FacadePlatform } from './facade-platform.js'
import { FacadeRefusal } from './facade-refusal.js'

/**
 * The ticket of the account whose token this is, as WeChat and WeCom answer it. The token is the client's pass: a ticket request
 * carries nothing else.
 *
 * @throws FacadeRefusal of a kind on which SDKs fetch a token, where the token is not one that lives; whatever the ticket's source fails with
 */
export async function ticketFor(
  desk: FacadeDesk,
  platform: FacadePlatform,
  token: string,
  name: TicketName | undefined,
): Promise<object> {
  if (token === '') throw new FacadeRefusal([41001, 'access_token missing'])
  const found = desk.known.find(token)
  if (found?.account.provider.id !== platform.providerId) throw new FacadeRefusal(platform.unknownToken)
  if (!found.isAlive) throw new FacadeRefusal([42001, 'access_token expired'])
  const source = name === undefined ? undefined : found.account.tickets?.[name]
  if (source === undefined) {
    throw new FacadeRefusal(platform.notServed, 'this server has no ticket of this type for this account')
  }
  const { value, expiresAtMs } = await source.getRecord()
  return { errcode: 0, errmsg: 'ok', ticket: value, expires_in: desk.secondsUntil(expiresAtMs) }
}
