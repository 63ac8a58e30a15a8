import type { IncomingHttpHeaders } from 'node:http'
import { systemClock, type TokenSource } from '@lingpai/core'
import { headerValue, replay } from '@lingpai/core/internal'
import type { Dispatcher } from 'undici'
import type { ServedAccount } from '../accounts/served-account.js'
import { GatewayError } from './call-error.js'
import type { CallEnd } from './call-end.js'
import type { TargetBase } from './call-target.js'
import { withoutToken } from './cover-token.js'
import { withParameter } from './find-credential.js'
import { requestHeaders } from './forward-headers.js'
import { readResponse, type ForwardedResponse } from './read-response.js'
import type { CallBody } from './request-body.js'

/** A call of a client, ready to be sent on. */
export interface ForwardedCall {
  readonly account: ServedAccount
  readonly target: TargetBase
  readonly method: string
  readonly path: string
  /** As the client sent it, with its credential. */
  readonly query: string
  readonly headers: IncomingHttpHeaders
  /** Absent for a method without one. */
  readonly body?: CallBody
  /** What the client sent as its token. It stands in for the real token wherever the response holds that. */
  readonly credential: string
  /** Aborts when the client is gone, or when the platform takes too long. */
  readonly ended: CallEnd
}

/** How calls are sent. */
export interface Sending {
  readonly dispatcher: Dispatcher
  /** The name of this server in `Via`. */
  readonly via: string
  /** Longest wait for the head of a response, and for each part of its body. */
  readonly timeoutMs: number
}

/** The outcome of a call. */
export interface Outcome {
  readonly response: ForwardedResponse
  /** Whether the token was replaced, and the call repeated with the new one. */
  readonly isHealed: boolean
}

/**
 * Sends a call to the platform with the account's token, and once more with another token if the platform rejects the first one. A call
 * without a response is never repeated, because the platform may have handled it; nor is one whose body was not kept.
 *
 * @throws LingpaiError if the source has no token; an error of `undici` or a GatewayError if the platform does not respond
 */
export async function forwardCall(
  sending: Sending,
  call: ForwardedCall,
  source: Pick<TokenSource, 'getAccessToken' | 'reportRejected'>,
): Promise<Outcome> {
  let sent = 0
  const send = async (token: string): Promise<ForwardedResponse> => {
    sent += 1
    return sendOnce(sending, call, token)
  }
  if (call.body?.kind === 'streamed') return { response: await sendStream(send, source), isHealed: false }
  const tokenErrorIn = ({ tokenError }: ForwardedResponse) => Promise.resolve(tokenError)
  const response = await replay(source, { send, tokenErrorIn })
  return { response, isHealed: sent > 1 && response.tokenError === undefined }
}

/** Sends a body that can be sent only once. A rejected token is replaced for the next call. */
async function sendStream(
  send: (token: string) => Promise<ForwardedResponse>,
  source: Pick<TokenSource, 'getAccessToken' | 'reportRejected'>,
): Promise<ForwardedResponse> {
  const token = await source.getAccessToken()
  const response = await send(token)
  // The client sees the platform's error. A failed refresh concerns the next call, which reports it.
  if (response.tokenError !== undefined)
    await source.reportRejected(token, response.tokenError.code).catch(() => undefined)
  return response
}

async function sendOnce(
  { dispatcher, via, timeoutMs }: Sending,
  { account, target, method, path, query, headers, body, credential, ended }: ForwardedCall,
  token: string,
): Promise<ForwardedResponse> {
  ended.throwIfEnded()
  const { origin, prefix, placement } = target
  const sent = requestHeaders(headers, via)
  if (placement.in === 'header') sent[placement.name.toLowerCase()] = headerValue(placement, token)
  const placed = placement.in === 'query' ? withParameter(query, placement.name, token) : query
  if (body?.kind === 'streamed' && body.length !== undefined) sent['content-length'] = String(body.length)
  const options = {
    origin,
    path: `${prefix}${path}${placed === '' ? '' : `?${placed}`}`,
    method,
    headers: sent,
    body: body === undefined ? null : body.kind === 'kept' ? body.bytes : body.stream,
    bodyTimeout: timeoutMs,
    signal: ended,
  }
  const response = await (body?.kind === 'streamed'
    ? // While it arrives, only the client's own time limit applies.
      untilEnd(dispatcher.request({ ...options, headersTimeout: timeoutMs }), ended)
    : untilEnd(dispatcher.request({ ...options, headersTimeout: 0 }), ended, timeoutMs))
  return withoutToken(await readResponse(account.provider.spec, response), token, credential)
}

/**
 * Returns the head of a response unless the call ends before. A request that waits for a connection is not dropped by `undici` until its
 * turn, and its time-outs begin then.
 */
async function untilEnd<T>(head: Promise<T>, ended: CallEnd, timeoutMs?: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => {
      ended.end(new GatewayError(504, 'no response from the platform in time; the call was not repeated'))
    }
    const timer = timeoutMs === undefined ? undefined : systemClock.setTimer(late, timeoutMs)
    const stop = (): void => {
      reject(ended.reason ?? new GatewayError(502, 'the call has ended'))
    }
    ended.once('abort', stop)
    void head.then(resolve, reject).finally(() => {
      timer?.cancel()
      ended.off('abort', stop)
    })
  })
}
