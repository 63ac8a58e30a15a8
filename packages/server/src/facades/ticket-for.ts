import type { FastifyRequest } from 'fastify'
import type { FacadeContext } from './facade-context.js'
import type { FacadePlatform } from './facade-platform.js'
import { FacadeError } from './facade-error.js'

/**
 * Returns a ticket of the account that the token belongs to, in the format of WeChat and WeCom. The token identifies the client,
 * because a ticket request carries nothing else. A ticket that is not kept here is the platform's, if calls are forwarded.
 *
 * @throws FacadeError on which SDKs fetch a token, if the token is unknown or expired; the error of the ticket's source
 */
export async function ticketFor(
  facades: FacadeContext,
  request: FastifyRequest,
  platform: FacadePlatform,
  token: string,
  name: string | undefined,
): Promise<object> {
  if (token === '') throw new FacadeError([41001, 'access_token missing'])
  const found = await facades.accountOf(request, platform, token)
  if (found?.account.provider.id !== platform.providerId) throw new FacadeError(platform.unknownToken)
  if (!found.isAlive) throw new FacadeError([42001, 'access_token expired'])
  const source = name === undefined ? undefined : found.account.tickets?.[name]
  if (source === undefined) {
    if (found.forwardable !== undefined) return found.forwardable
    throw new FacadeError(platform.notServed, 'this server has no ticket of this type for this account')
  }
  const { value, expiresAtMs } = await source.getRecord()
  return { errcode: 0, errmsg: 'ok', ticket: value, expires_in: facades.secondsUntil(expiresAtMs) }
}
