import type { FastifyRequest } from 'fastify'
import { parseFacadeSecret } from '../facades/facade-secret.js'
import { ApiError } from '../http/api-error.js'
import type { ServerContext } from '../server-context.js'
import type { CallUrl } from './call-target.js'
import type { Identity } from './identity.js'
import type { OpenedSurrogate } from './surrogate.js'
import { credentialsIn, isSpelledElsewhere, isSurrogate, type FoundCredential } from './find-credential.js'

/** Finds the one surrogate or client key of a call; `undefined` if it carries none. @throws ApiError 400 if it carries several */
export function credentialOf(url: CallUrl, { headers }: Pick<FastifyRequest, 'headers'>): FoundCredential | undefined {
  const [found, ...others] = credentialsIn(url.query, headers)
  if (found === undefined) return undefined
  if (others.length > 0 || isSpelledElsewhere(found, url, headers))
    throw new ApiError('ERR_BAD_REQUEST', 'a call carries one token, once')
  return found
}

/** Identifies the client and the account of a call, and counts the call against the limit of its key. @throws ApiError 400, 401, 404 or 429 */
export async function identify(context: ServerContext, request: FastifyRequest, text: string): Promise<Identity> {
  if (isSurrogate(text)) return ofSurrogate(context, request, (await context.surrogates?.())?.open(text))
  return ofKey(context, request, text)
}

function ofSurrogate(context: ServerContext, request: FastifyRequest, opened: OpenedSurrogate | undefined): Identity {
  const caller = opened && context.callerOf(opened.key)
  const account = opened && context.accounts.get(opened.account)
  if (caller === undefined || account === undefined || !caller.mayRead(account.name)) {
    context.access.rejected('unknown-key', request)
    throw new ApiError('ERR_UNAUTHENTICATED', 'the token is unknown or has ended: fetch a token from this server')
  }
  return { caller: context.withinLimit(caller, request), account }
}

/** A client key in place of a token, for programs that take a fixed token. */
function ofKey(context: ServerContext, request: FastifyRequest, text: string): Identity {
  const { key, name } = parseFacadeSecret(text)
  const caller = context.authenticateKey(key, request)
  const { accounts } = caller.key
  const wanted = name ?? (accounts !== '*' && accounts.length === 1 ? accounts[0] : undefined)
  if (wanted === undefined)
    throw new ApiError('ERR_BAD_REQUEST', 'this key may read several accounts: write <key>@<account> as the token')
  return { caller, account: context.accountFor(caller, wanted) }
}
