import { randomBytes } from 'node:crypto'
import { finished, pipeline } from 'node:stream/promises'
import { isLingpaiError } from '@lingpai/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Agent } from 'undici'
import type { ServerContext } from '../server-context.js'
import type { CallOutcome } from '../audit/logged-call.js'
import type { Caller } from '../auth/caller.js'
import { ApiError } from '../http/api-error.js'
import { allowBodyTime, limitBodyTime } from '../http/body-time.js'
import { longestBodyMs } from '../http/server-settings.js'
import { CallEnd } from './call-end.js'
import { callError, gatewayError, GatewayError, nativeError } from './call-error.js'
import { targetPath, type CallUrl } from './call-target.js'
import { attributed } from './attributed.js'
import { Deadlines } from './deadlines.js'
import { forwardCall, type ForwardedCall, type Sending } from './forward-call.js'
import { isLoop } from './forward-headers.js'
import type { ResolvedForwardOptions } from './forward-options.js'
import { credentialOf, identify } from './identify-call.js'
import type { Forward, Identity } from './identity.js'
import { platformOfCall } from './platform-of-call.js'
import type { ForwardedResponse } from './read-response.js'
import { bodyRoom, readBody, type BodyRoom, type CallBody } from './request-body.js'
import { targetOf } from './target-of-call.js'

/** Connections to one host of a platform; further calls wait for one. Idle ones end by themselves and hold no process. */
const mostConnections = 256

/** So many bodies of the largest size are kept at the same time; further ones are sent while they arrive, and are not repeated. */
const mostBodies = 128

/** Methods that are sent on. `TRACE` would show the real token to the client, and `CONNECT` opens a tunnel. */
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/**
 * Sends calls of the platforms' APIs on, with the real token in place of a surrogate or client key. A call without one gets the same
 * response as without a forwarder. The way of a call: its path and credential, its client and account, the host that takes its token, its
 * body, the platform (a second time if that rejects the token), the response.
 *
 * @returns sends on a call without a body whose route found nothing here
 */
export function registerForwarder(
  fastify: FastifyInstance,
  context: ServerContext,
  { largestReplayBytes, timeoutMs, dispatcher }: ResolvedForwardOptions,
): Forward {
  const own = new Agent({ connections: mostConnections })
  const via = `lingpai-${randomBytes(4).toString('hex')}`
  const sending: Sending = { dispatcher: dispatcher ?? own, timeoutMs, deadlines: new Deadlines(timeoutMs), via }
  const bodies = { largestBytes: largestReplayBytes, room: bodyRoom(mostBodies * largestReplayBytes) }
  const forward: Forward = async (request, reply, identity) => {
    const known: Known = identity === undefined ? {} : { identity }
    try {
      const response = await responseTo(context, sending, { request, reply, bodies, known })
      if (response === undefined) reply.callNotFound()
      else await respond(reply, response, context.draining.aborted)
    } catch (error) {
      await wholeBody(reply)
      sendError(error, request, reply, known)
    } finally {
      // The rest of the body is not sent on any more.
      limitBodyTime(request.raw, reply.raw, longestBodyMs)
    }
  }
  fastify.route({
    method: methods,
    url: '/*',
    schema: { hide: true },
    // Responds before the framework reads a body: it refuses content types that it does not know.
    onRequest: (request, reply) => void forward(request, reply),
    handler: (_request, reply) => {
      reply.callNotFound()
    },
  })
  fastify.addHook('onClose', () => own.destroy())
  return forward
}

/** A request and what is found out about it. */
interface Received {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly bodies: { readonly largestBytes: number; readonly room: BodyRoom }
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
  { request, reply, bodies: { largestBytes, room }, known }: Received,
): Promise<ForwardedResponse | undefined> {
  const url = (known.url = targetPath(request.originalUrl))
  // What this server has sent on carries the real token, which is not a credential here.
  assertNoLoop(request, sending.via)
  const found = credentialOf(url, request)
  if (found === undefined) return undefined
  assertForwardable(request)
  const { caller, account } = (known.identity ??= await identify(context, request, found.text))
  const target = targetOf(known.identity, found, url.path)
  allowBodyTime(request.raw)
  const ended = endOf(reply)
  const place = hasBody(request) ? room.enter() : undefined
  let body: CallBody | undefined
  try {
    if (place !== undefined) body = await bodyOf(request, { largestBytes, place })
    const { method, headers } = request
    const call = { account, target, method, url, headers, body, credential: found.text, ended }
    return await send(context, sending, call, caller)
  } finally {
    place?.leave()
    // What is left of it is not sent.
    if (body?.kind === 'streamed') body.stream.destroy()
  }
}

/** @throws GatewayError for a WebSocket, and for a body in another coding than chunks; ApiError for chunks of HTTP/1.0 */
function assertForwardable({ headers, raw }: FastifyRequest): void {
  const { upgrade, 'transfer-encoding': coding } = headers
  // RFC 9112, section 6.1: what a proxy in front takes for the end of such a body is unknown.
  if (coding !== undefined && raw.httpVersion === '1.0')
    throw new ApiError('ERR_BAD_REQUEST', 'a body of HTTP/1.0 has a length and no chunks')
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    throw new GatewayError(501, 'the body has an unknown transfer coding')
  // Other upgrades, such as the one to HTTP/2, are offers that a server may ignore.
  if (upgrade !== undefined && /\bwebsocket\b/i.test(upgrade))
    throw new GatewayError(501, 'connections are not upgraded: open the WebSocket at the platform')
}

/** @throws GatewayError for a call that has come from this server */
function assertNoLoop({ headers }: FastifyRequest, via: string): void {
  if (isLoop(headers, via))
    throw new GatewayError(508, "this server is its own upstream: the account's base URL must be the platform's")
}

function hasBody({
  method,
  headers: { 'content-length': length = '0', 'transfer-encoding': coding },
}: FastifyRequest): boolean {
  return method !== 'GET' && method !== 'HEAD' && (coding !== undefined || length !== '0')
}

/** Reads the body of a call; its client is known by now. */
async function bodyOf(
  { raw, headers: { 'content-length': length } }: FastifyRequest,
  limits: Parameters<typeof readBody>[2],
): Promise<CallBody> {
  try {
    return await readBody(raw, length === undefined ? undefined : Number(length), limits)
  } catch {
    throw new ApiError('ERR_BAD_REQUEST', 'the body ended early')
  }
}

/** Sends a call on, and reports how it ended and how long it took. */
async function send(
  { calls, clock, actAs }: ServerContext,
  sending: Sending,
  call: ForwardedCall,
  caller: Caller,
): Promise<ForwardedResponse> {
  const { account } = call
  const startMs = clock.monotonic()
  const note = (outcome: CallOutcome): void => {
    calls.note({ caller, account, outcome, seconds: (clock.monotonic() - startMs) / 1000 })
  }
  try {
    const { response, isHealed } = await forwardCall(sending, call, attributed(actAs, caller.key.name, account.source))
    note(isHealed ? 'healed' : response.tokenError === undefined ? 'ok' : 'token-rejected')
    return response
  } catch (error) {
    note('failed')
    throw isLingpaiError(error) ? error : gatewayError(error)
  }
}

function endOf({ raw }: FastifyReply): CallEnd {
  const ended = new CallEnd()
  if (raw.closed) ended.end()
  raw.on('close', () => {
    if (!raw.writableFinished) ended.end()
  })
  return ended
}

/**
 * Waits for the body of a client whose connection ends with the response: many clients look for a response only after their whole body.
 * The others get theirs at once, because the rest of their body can be read afterwards.
 */
async function wholeBody({ raw: response, request: { raw: request } }: FastifyReply): Promise<void> {
  if (response.shouldKeepAlive || request.complete || request.destroyed) return
  limitBodyTime(request, response, longestBodyMs)
  request.resume()
  await finished(request).catch(() => undefined)
}

/** Sends a response without the framework, which would add headers. */
async function respond(
  reply: FastifyReply,
  { status, headers, body }: ForwardedResponse,
  isDraining: boolean,
): Promise<void> {
  if (Buffer.isBuffer(body)) await wholeBody(reply)
  void reply.hijack()
  const { raw } = reply
  if (Buffer.isBuffer(body) && reply.request.method !== 'HEAD' && status !== 204 && status !== 304)
    headers['content-length'] ??= String(body.length)
  if (isDraining) headers['connection'] = 'close'
  try {
    raw.writeHead(status, headers)
    // A text goes into one piece with the head.
    if (Buffer.isBuffer(body)) raw.end(body.toString('latin1'), 'latin1')
    else await pipeline(body, raw)
  } catch {
    // From here on, only the end of the connection can tell the client of a failure.
    raw.destroy()
  }
}

function sendError(error: unknown, { headers }: FastifyRequest, reply: FastifyReply, { url, identity }: Known): void {
  const call = url && { ...url, authorization: headers.authorization ?? '' }
  const of = call && platformOfCall(call, identity?.account.provider.id)
  const known = of === undefined ? nativeError(error) : callError(error, of)
  if (known === undefined) void reply.send(error)
  else void reply.code(known.status).send(known.body)
}
