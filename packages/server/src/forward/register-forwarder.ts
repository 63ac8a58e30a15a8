import { randomBytes } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { isLingpaiError } from '@lingpai/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Agent } from 'undici'
import type { ServerContext } from '../server-context.js'
import type { CallOutcome } from '../audit/call-log.js'
import { callError, gatewayError, GatewayError, nativeError } from './call-error.js'
import { targetPath, type CallUrl } from './call-target.js'
import { attributed } from './attributed.js'
import { forwardCall, type ForwardedCall, type Outcome, type Sending } from './forward-call.js'
import { isLoop } from './forward-headers.js'
import type { ResolvedForwardOptions } from './forward-options.js'
import { credentialOf, identify, targetOf, type Identity } from './identify-call.js'
import { platformOfCall } from './platform-of-call.js'
import type { ForwardedResponse } from './read-response.js'
import { readBody, type CallBody } from './request-body.js'

/** Connections to one host of a platform; further calls wait for one. Idle ones end by themselves and hold no process. */
const mostConnections = 256

/** Methods that are sent on. `TRACE` would show the real token to the client, and `CONNECT` opens a tunnel. */
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/**
 * Sends calls of the platforms' APIs on, with the real token in place of a surrogate or client key. A call without one gets the same
 * response as without a forwarder. The way of a call: its path and credential, its client and account, the host that takes its token, its
 * body, the platform (a second time if that rejects the token), the response.
 */
export function registerForwarder(
  fastify: FastifyInstance,
  context: ServerContext,
  { largestReplayBytes, timeoutMs, dispatcher = new Agent({ connections: mostConnections }) }: ResolvedForwardOptions,
): void {
  const sending: Sending = { dispatcher, timeoutMs, via: `lingpai-${randomBytes(4).toString('hex')}` }
  // Bodies are read as they arrive, whatever their type.
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('*', (_request, _body, parsed) => {
    parsed(null)
  })
  fastify.route({
    method: methods,
    url: '/*',
    bodyLimit: Number.MAX_SAFE_INTEGER,
    schema: { hide: true },
    handler: async (request, reply) => {
      const known: Known = {}
      try {
        const response = await responseTo(context, sending, { request, reply, largestReplayBytes, known })
        if (response === undefined) reply.callNotFound()
        else await respond(reply, response, context.draining.aborted)
      } catch (error) {
        sendError(error, request, reply, known)
      }
      return reply
    },
  })
}

/** A request and what is found out about it. */
interface Received {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly largestReplayBytes: number
  readonly known: Known
}

/** Filled in step by step, for errors in the format of the platform. */
interface Known {
  url?: CallUrl
  identity?: Identity
}

/** Returns the platform's response to a call; `undefined` for a request without a credential. */
async function responseTo(
  context: ServerContext,
  sending: Sending,
  { request, reply, largestReplayBytes, known }: Received,
): Promise<ForwardedResponse | undefined> {
  const url = (known.url = targetPath(request.originalUrl))
  const credential = credentialOf(url, request)
  if (credential === undefined) return undefined
  assertForwardable(request, sending.via)
  const identity = (known.identity = await identify(context, request, credential.text))
  const target = targetOf(identity, credential, url.path)
  const body = await bodyOf(request, largestReplayBytes)
  const { method, headers } = request
  const call: ForwardedCall = {
    ...{ account: identity.account, target, ...url, method, headers, credential: credential.text },
    ...{ signal: signalOf(reply), ...(body && { body }) },
  }
  const { response } = await timed(context, identity, () => send(context, identity, sending, call))
  return response
}

/** @throws GatewayError for a WebSocket, and for a call that has come from this server */
function assertForwardable({ headers }: FastifyRequest, via: string): void {
  if (headers.upgrade !== undefined)
    throw new GatewayError(501, 'connections are not upgraded: open the WebSocket at the platform')
  if (isLoop(headers, via))
    throw new GatewayError(508, "this server is its own upstream: the account's base URL must be the platform's")
}

/** Reads the body of a call; its client is known by now. */
async function bodyOf({ raw, method, headers }: FastifyRequest, largestBytes: number): Promise<CallBody | undefined> {
  const { 'content-length': declared, 'transfer-encoding': coding } = headers
  if (method === 'GET' || method === 'HEAD' || (coding === undefined && (declared ?? '0') === '0')) return undefined
  return readBody(raw, declared === undefined ? undefined : Number(declared), largestBytes)
}

async function send(
  context: ServerContext,
  { caller, account }: Identity,
  sending: Sending,
  call: ForwardedCall,
): Promise<Outcome> {
  try {
    return await forwardCall(sending, call, attributed(context.actAs, caller.key.name, account.source))
  } catch (error) {
    throw isLingpaiError(error) ? error : gatewayError(error)
  }
}

/** Tells the log of calls how a call ended, and how long it took. */
async function timed(
  { calls, clock }: ServerContext,
  { caller, account }: Identity,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  const startMs = clock.monotonic()
  const note = (outcome: CallOutcome): void => {
    calls.note({ caller, account, outcome, seconds: (clock.monotonic() - startMs) / 1000 })
  }
  try {
    const outcome = await work()
    note(outcome.isHealed ? 'healed' : outcome.response.tokenError === undefined ? 'ok' : 'token-rejected')
    return outcome
  } catch (error) {
    note('failed')
    throw error
  }
}

function signalOf({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController()
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort()
  })
  return gone.signal
}

/** Sends a response without the framework, which would add headers. */
async function respond(
  reply: FastifyReply,
  { status, headers, body }: ForwardedResponse,
  isDraining: boolean,
): Promise<void> {
  void reply.hijack()
  const { raw } = reply
  const hasLength =
    headers['content-length'] !== undefined || reply.request.method === 'HEAD' || [204, 304].includes(status)
  raw.writeHead(status, {
    ...headers,
    ...(Buffer.isBuffer(body) && !hasLength && { 'content-length': body.length }),
    ...(isDraining && { connection: 'close' }),
  })
  if (Buffer.isBuffer(body)) raw.end(body)
  // After the head, only the end of the connection can tell the client of a failure.
  else await pipeline(body, raw).catch(() => undefined)
}

function sendError(error: unknown, { headers }: FastifyRequest, reply: FastifyReply, { url, identity }: Known): void {
  const call = url && { ...url, authorization: headers.authorization ?? '' }
  const of = call && platformOfCall(call, identity?.account.provider.id)
  const known = of && callError(error, of)
  if (known === undefined) void reply.send(nativeError(error))
  else void reply.code(known.status).send(known.body)
}
