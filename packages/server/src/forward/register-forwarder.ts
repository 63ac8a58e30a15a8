import { randomBytes } from 'node:crypto'
import { finished, pipeline } from 'node:stream/promises'
import { isLingpaiError } from '@lingpai/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Agent } from 'undici'
import type { ServerContext } from '../server-context.js'
import type { CallOutcome } from '../audit/logged-call.js'
import { ApiError } from '../http/api-error.js'
import { allowBodyTime, limitBodyTime } from '../http/body-time.js'
import { longestBodyMs } from '../http/server-settings.js'
import { CallEnd } from './call-end.js'
import { callError, gatewayError, GatewayError, nativeError } from './call-error.js'
import { targetPath, type CallUrl } from './call-target.js'
import { attributed } from './attributed.js'
import { Deadlines } from './deadlines.js'
import { forwardCall, type ForwardedCall, type Outcome, type Sending } from './forward-call.js'
import { isLoop } from './forward-headers.js'
import type { ResolvedForwardOptions } from './forward-options.js'
import { credentialOf, identify } from './identify-call.js'
import type { Forward, Identity } from './identity.js'
import { platformOfCall } from './platform-of-call.js'
import type { ForwardedResponse } from './read-response.js'
import { bodyRoom, readBody, type BodyPlace, type CallBody } from './request-body.js'
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
  const room = bodyRoom(mostBodies * largestReplayBytes)
  const forward: Forward = async (request, reply, identity) => {
    const known: Known = identity === undefined ? {} : { identity }
    const place = room.enter()
    try {
      const response = await responseTo(context, sending, { request, reply, largestReplayBytes, place, known })
      if (response === undefined) reply.callNotFound()
      else await respond(reply, response, context.draining.aborted)
    } catch (error) {
      await wholeBody(reply)
      sendError(error, request, reply, known)
    } finally {
      place.leave()
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
  readonly largestReplayBytes: number
  readonly place: BodyPlace
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
  { request, reply, largestReplayBytes, place, known }: Received,
): Promise<ForwardedResponse | undefined> {
  const url = (known.url = targetPath(request.originalUrl))
  // What this server has sent on carries the real token, which is not a credential here.
  assertNoLoop(request, sending.via)
  const credential = credentialOf(url, request)
  if (credential === undefined) return undefined
  assertForwardable(request)
  const identity = (known.identity ??= await identify(context, request, credential.text))
  const target = targetOf(identity, credential, url.path)
  allowBodyTime(request.raw)
  const ended = endOf(reply)
  const body = await bodyOf(request, { largestBytes: largestReplayBytes, place })
  const { method, headers } = request
  const call: ForwardedCall = {
    ...{ account: identity.account, target, ...url, method, headers, credential: credential.text, ended },
    ...(body && { body }),
  }
  try {
    const { response } = await timed(context, identity, () => send(context, identity, sending, call))
    return response
  } finally {
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

/** Reads the body of a call; its client is known by now. */
async function bodyOf(
  { raw, method, headers }: FastifyRequest,
  limits: Parameters<typeof readBody>[2],
): Promise<CallBody | undefined> {
  const { 'content-length': declared, 'transfer-encoding': coding } = headers
  if (method === 'GET' || method === 'HEAD' || (coding === undefined && (declared ?? '0') === '0')) return undefined
  try {
    return await readBody(raw, declared === undefined ? undefined : Number(declared), limits)
  } catch {
    throw new ApiError('ERR_BAD_REQUEST', 'the body ended early')
  }
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

/** Reports how a call ended, and how long it took. */
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

function endOf({ raw }: FastifyReply): CallEnd {
  const ended = new CallEnd()
  if (raw.closed) ended.end()
  raw.once('close', () => {
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
  const hasLength =
    headers['content-length'] !== undefined || reply.request.method === 'HEAD' || [204, 304].includes(status)
  try {
    raw.writeHead(status, {
      ...headers,
      ...(Buffer.isBuffer(body) && !hasLength && { 'content-length': body.length }),
      ...(isDraining && { connection: 'close' }),
    })
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
