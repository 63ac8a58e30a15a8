import type { Socket } from 'node:net'
import {
  LogController,
  type FastifyError,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify'

import { facadeUrl } from './facades/facade-url.js'
import { unservedAnswer } from './facades/unserved.js'

/** A body, of which no request needs more than a token and a code. */
export const largestBodyBytes = 16 * 1024
/** All headers of a request together. */
const largestHeadBytes = 16 * 1024
const mostHeaders = 100
/** Names of accounts are up to 100 characters, nine bytes each when encoded. */
const longestParameter = 900
/** From the first byte of a request to the last of its body. */
const requestMs = 10_000
const headersMs = 5000
/** From the connection to the end of the TLS handshake. */
const handshakeMs = 5000
/** Without a byte in either direction: longer than the longest poll, and than the beats of a stream. */
const silenceMs = 90_000
/** How often requests that are too slow are looked for. */
const lookMs = 1000

/** How the server treats what is not a proper request, chosen one by one. */
export const serverSettings = {
  bodyLimit: largestBodyBytes,
  requestTimeout: requestMs,
  // Without it, a client that does not read its response keeps the connection for ever.
  connectionTimeout: silenceMs,
  // The drain closes connections itself.
  forceCloseConnections: false,
  // What is under way when the server ends is answered; a 503 would be a call lost.
  return503OnClosing: false,
  // HEAD of a stream would be a stream.
  exposeHeadRoutes: false,
  onProtoPoisoning: 'error',
  onConstructorPoisoning: 'error',
  routerOptions: { maxParamLength: longestParameter, caseSensitive: true },
  rewriteUrl: ({ url = '/' }) => facadeUrl(url),
  // The URL of a facade holds a client key, and nobody reads a line for each token anyway.
  logController: new LogController({ disableRequestLogging: true }),
  // A logger for each request would cost more than the request; what is logged names its request itself.
  childLoggerFactory: (logger) => logger,
  frameworkErrors: (_error: FastifyError, { url, headers }: FastifyRequest, reply: FastifyReply) => {
    const { status, body } = unservedAnswer(url, headers.authorization) ?? { status: 400, body: malformed }
    void reply.code(status).header('cache-control', 'no-store').send(body)
  },
  clientErrorHandler: refuse,
} as const satisfies FastifyServerOptions

/** The same for the layer below, where fastify has no option. */
export const nodeSettings = {
  maxHeaderSize: largestHeadBytes,
  headersTimeout: headersMs,
  requestTimeout: requestMs,
  connectionsCheckingInterval: lookMs,
} as const

/** What holds before TLS stands. */
export const tlsSettings = { handshakeTimeout: handshakeMs } as const

/** Members of the server that are no options of it. */
export const serverMembers = { maxHeadersCount: mostHeaders } as const

const malformed = { error: { code: 'ERR_BAD_REQUEST', message: 'the request is malformed', retryable: false } }

const statuses: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** Answers what is no HTTP at all, or comes too slowly; where TLS itself failed there is nothing to answer on. */
function refuse(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!/^(HPE|ERR_HTTP)_/.test(error.code ?? '') || !socket.writable) {
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
