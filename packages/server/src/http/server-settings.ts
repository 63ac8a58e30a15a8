import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import {
  LogController,
  type FastifyError,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify'

import { facadeUrl } from '../facades/facade-url.js'
import { unservedResponse } from '../facades/unserved-response.js'

/** Largest body. The largest request has a token and a code. */
export const largestBodyBytes = 16 * 1024
/** Largest size of all headers of a request together. */
const largestHeadBytes = 16 * 1024
const mostHeaders = 100
/** Account names have up to 100 characters, of up to nine bytes each when encoded. */
const longestParameter = 900
/** From the first byte of a request to the last byte of its body. */
const requestMs = 10_000
/** The same limit for bodies of unknown clients, where known ones may send longer. */
export const longestBodyMs = requestMs
const headersMs = 5000
/** From the connection to the end of the TLS handshake. */
const handshakeMs = 5000
/** Longest silence in both directions: longer than the longest poll, and than the heartbeat of a stream. */
const silenceMs = 90_000
/** Interval of the search for slow requests. */
const lookMs = 1000

/** How the server treats malformed and slow requests. */
export const serverSettings = {
  bodyLimit: largestBodyBytes,
  requestTimeout: requestMs,
  // Otherwise a client that does not read its response keeps its connection forever.
  connectionTimeout: silenceMs,
  // Connections are closed by the drain.
  forceCloseConnections: false,
  // Requests during a shutdown are served; a 503 would fail a call.
  return503OnClosing: false,
  // HEAD of a stream would never end.
  exposeHeadRoutes: false,
  onProtoPoisoning: 'error',
  onConstructorPoisoning: 'error',
  routerOptions: { maxParamLength: longestParameter, caseSensitive: true },
  rewriteUrl: ({ url = '/' }) => facadeUrl(url),
  // The URL of a facade contains a client key, and a line for each token would be noise.
  logController: new LogController({ disableRequestLogging: true }),
  // A logger for each request costs more than the request itself.
  childLoggerFactory: (logger) => logger,
  frameworkErrors: (_error: FastifyError, { url, headers }: FastifyRequest, reply: FastifyReply) => {
    const { status, body } = unservedResponse(url, headers.authorization) ?? { status: 400, body: malformed }
    // No hook has run that limits the time of its body.
    void reply.code(status).headers({ 'cache-control': 'no-store', connection: 'close' }).send(body)
  },
  clientErrorHandler: sendClientError,
} as const satisfies FastifyServerOptions

/** Settings of Node's server, for which fastify has no option. */
export const nodeSettings = {
  maxHeaderSize: largestHeadBytes,
  headersTimeout: headersMs,
  requestTimeout: requestMs,
  connectionsCheckingInterval: lookMs,
} as const

/** Settings of the TLS handshake. */
export const tlsSettings = { handshakeTimeout: handshakeMs } as const

/** Settings of Node's server that exist only as properties. */
export const serverMembers = { maxHeadersCount: mostHeaders } as const

const malformed = { error: { code: 'ERR_BAD_REQUEST', message: 'the request is malformed', retryable: false } }

const statuses: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** Responds to a request that takes too long. */
export function endSlowRequest(socket: Socket): void {
  sendClientError({ code: 'ERR_HTTP_REQUEST_TIMEOUT' }, socket)
}

/** Responds to invalid HTTP and slow requests. After a failed TLS handshake, or within another response, no response is possible. */
function sendClientError(error: { readonly code?: string }, socket: Socket): void {
  if (!/^(HPE|ERR_HTTP)_/.test(error.code ?? '') || !socket.writable || isResponding(socket)) {
    socket.destroy()
    return
  }
  const body = JSON.stringify(malformed)
  const head = [
    `HTTP/1.1 ${statuses[error.code ?? ''] ?? '400 Bad Request'}`,
    'content-type: application/json; charset=utf-8',
    'cache-control: no-store',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  socket.destroySoon()
}

/** Whether a response has begun: the client would take another one for its continuation. Node's own handler looks at the same property. */
function isResponding(socket: Socket & { readonly _httpMessage?: ServerResponse | null }): boolean {
  return socket._httpMessage?.headersSent === true
}
