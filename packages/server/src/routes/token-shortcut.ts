import type { IncomingMessage } from 'node:http'
import type { Shortcut } from '../http/shortcut.js'
import type { ServerContext } from '../server-context.js'

const start = '/v1/accounts/'
const end = '/token'

/**
 * Responds to `GET /v1/accounts/:account/token` as its route does, if a valid key asks for a token in memory. That is nearly each request
 * of a server, and the framework takes longer than the response. Everything else is left to the route: any query, any error, a name in
 * percent-encoding, a session, a shutdown.
 */
export function tokenShortcut(context: ServerContext): Shortcut {
  const { accounts, responder, access, draining } = context
  const headers = ['cache-control', 'no-store', 'content-type', 'application/json; charset=utf-8', 'content-length', '']
  const lengthAt = headers.length - 1
  return (request, response) => {
    const { method, url } = request
    if (method !== 'GET' || url === undefined || !url.startsWith(start) || !url.endsWith(end)) return false
    const caller = context.callerOfKey(authorizationOf(request))
    const name = url.slice(start.length, -end.length)
    if (caller?.mayHold(name) !== true || draining.aborted) return false
    const account = accounts.get(name)
    const nowMs = context.clock.monotonic()
    const ready = account && responder.fromMemory(account, nowMs)
    if (account === undefined || ready?.isAscii !== true || !context.admit(caller, nowMs)) return false
    access.handedOut(caller, account, ready.generation)
    const text = ready.text()
    headers[lengthAt] = String(text.length)
    response.writeHead(200, headers).end(text, 'latin1')
    return true
  }
}

/** Returns the first such header, as Node does. Its object of all headers would be built for this one alone. */
function authorizationOf({ rawHeaders }: IncomingMessage): string | undefined {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (name.length === 'authorization'.length && name.toLowerCase() === 'authorization') return rawHeaders[at + 1]
  }
  return undefined
}
