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
 * Headers of a request that concern this server only: its own name, its cookies, what proxies in front of it say of the client, and
 * `expect`, which is already met when a body arrives.
 */
const ofThisServer: ReadonlySet<string> = new Set([
  'host',
  'cookie',
  'content-length',
  'expect',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-forwarded-prefix',
  'x-real-ip',
])

/** Headers as `undici` takes and gives them. */
export type Headers = Record<string, string | string[]>

/** Returns the headers of a request as they are sent on. @param via the name of this server in `Via` */
export function requestHeaders(headers: IncomingHttpHeaders, via: string): Headers {
  const sent = endToEnd(headers, ofThisServer)
  // Errors are looked for in the response, so it may only have an encoding that this server can read.
  const accepted = headers['accept-encoding']
  if (accepted !== undefined)
    sent['accept-encoding'] = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(accepted) ? 'gzip' : 'identity'
  sent['via'] = [headers.via, `1.1 ${via}`].filter((one) => one !== undefined).join(', ')
  return sent
}

/** Returns the headers of a response as they are sent back. */
export function responseHeaders(headers: IncomingHttpHeaders): Headers {
  return endToEnd(headers, nothing)
}

/** Whether a request has come through this server before. */
export function isLoop({ via }: IncomingHttpHeaders, name: string): boolean {
  return via?.split(',').some((hop) => hop.trim().split(/\s+/)[1] === name) === true
}

const nothing: ReadonlySet<string> = new Set()

function endToEnd(headers: IncomingHttpHeaders, others: ReadonlySet<string>): Headers {
  const named = (headers.connection ?? '').toLowerCase().split(',')
  const dropped = new Set(named.map((name) => name.trim()))
  const kept: Headers = {}
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !ofConnection.has(name) && !others.has(name) && !dropped.has(name)) kept[name] = value
  return kept
}
