import type { IncomingHttpHeaders } from 'node:http'

/** Headers of a connection and not of a message (RFC 9110, section 7.6.1), and what a body's sender sets itself. */
const ofConnection: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
])

/**
 * Headers of a request that concern this server only: its own name, its cookies, what proxies in front of it say of the client, `expect`,
 * which is already met when a body arrives, and those that some servers take for the path, which would evade the paths of a key.
 */
const ofThisServer: ReadonlySet<string> = new Set([
  'host',
  'cookie',
  'content-length',
  'expect',
  'forwarded',
  'x-real-ip',
  'x-original-url',
  'x-rewrite-url',
])
const ofProxies = 'x-forwarded-'

/** Headers as `undici` takes and gives them. */
export type Headers = Record<string, string | string[]>

/** Returns the headers of a request as they are sent on. @param via the name of this server in `Via` */
export function requestHeaders(headers: IncomingHttpHeaders, via: string): Headers {
  const sent = endToEnd(headers, isOfThisServer)
  // Errors are looked for in the response, so it may only have an encoding that this server can read.
  const accepted = headers['accept-encoding']
  if (accepted !== undefined)
    sent['accept-encoding'] = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(accepted) ? 'gzip' : 'identity'
  sent['via'] = headers.via === undefined ? `1.1 ${via}` : `${headers.via}, 1.1 ${via}`
  return sent
}

/** Returns the headers of a response as they are sent back. */
export function responseHeaders(headers: IncomingHttpHeaders): Headers {
  return endToEnd(headers)
}

/** Whether a request has come through this server before. */
export function isLoop({ via }: IncomingHttpHeaders, name: string): boolean {
  return via?.split(',').some((hop) => hop.trim().split(/\s+/)[1] === name) === true
}

function isOfThisServer(name: string): boolean {
  return ofThisServer.has(name) || name.startsWith(ofProxies)
}

function endToEnd(headers: IncomingHttpHeaders, isDropped?: (name: string) => boolean): Headers {
  const named = namedIn(headers.connection)
  const kept: Headers = {}
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || ofConnection.has(name) || isDropped?.(name) === true || named?.includes(name)) continue
    kept[name] = value
  }
  return kept
}

/** The headers that belong to one connection because `Connection` names them. */
function namedIn(connection: string | undefined): readonly string[] | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined
  return connection
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
}
