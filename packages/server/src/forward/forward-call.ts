import type { IncomingHttpHeaders } from 'node:http'
import type { TokenSource } from '@lingpai/core'
import { headerValue, replay } from '@lingpai/core/internal'
import type { Dispatcher } from 'undici'
import type { ServedAccount } from '../accounts/served-account.js'
import type { CallEnd } from './call-end.js'
import type { CallUrl, TargetBase } from './call-target.js'
import { withoutToken } from './cover-token.js'
import { withParameter } from './find-credential.js'
import { requestHeaders } from './forward-headers.js'
import type { Deadlines } from './deadlines.js'
import { requestPlatform } from './platform-request.js'
import { mostRead, readResponse, type ForwardedResponse } from './read-response.js'
import type { CallBody } from './request-body.js'

/** A call of a client, ready to be sent on. */
export interface ForwardedCall {
  readonly account: ServedAccount
  readonly target: TargetBase
  readonly method: string
  /** As the client sent it, with its credential. */
  readonly url: CallUrl
  readonly headers: IncomingHttpHeaders
  /** Absent for a method without one. */
  readonly body: CallBody | undefined
  /** What the client sent as its token. It stands in for the real token wherever the response holds that. */
  readonly credential: string
  /** Ends when the client is gone, or when the platform takes too long. */
  readonly ended: CallEnd
}

/** How calls are sent. */
export interface Sending {
  readonly dispatcher: Dispatcher
  /** The name of this server in `Via`. */
  readonly via: string
  /** Longest wait for the head of a response, and for each part of its body. */
  readonly timeoutMs: number
  /** The same limit for the head, from the moment at which the whole call is known. */
  readonly deadlines: Deadlines
}

/** The outcome of a call. */
export interface Outcome {
  readonly response: ForwardedResponse
  /** Whether the token was replaced, and the call repeated with the new one. */
  readonly isHealed: boolean
}

type CallSource = Pick<TokenSource, 'getAccessToken' | 'reportRejected'>

/**
 * Sends a call to the platform with the account's token, and once more with another token if the platform rejects the first one. A call
 * without a response is never repeated, because the platform may have handled it; nor is one whose body was not kept.
 *
 * @throws LingpaiError if the source has no token; an error of `undici` or a GatewayError if the platform does not respond
 */
export async function forwardCall(sending: Sending, call: ForwardedCall, source: CallSource): Promise<Outcome> {
  let sent = 0
  const send = (token: string): Promise<ForwardedResponse> => {
    sent += 1
    return sendOnce(sending, call, token)
  }
  if (call.body?.kind === 'streamed') return { response: await sendStream(send, source), isHealed: false }
  const response = await replay(source, { send, tokenErrorIn: ({ tokenError }) => tokenError })
  return { response, isHealed: sent > 1 && response.tokenError === undefined }
}

/** Sends a body that can be sent only once. A rejected token is replaced for the next call. */
async function sendStream(
  send: (token: string) => Promise<ForwardedResponse>,
  source: CallSource,
): Promise<ForwardedResponse> {
  const token = await source.getAccessToken()
  const response = await send(token)
  // The client sees the platform's error. A failed refresh concerns the next call, which reports it.
  if (response.tokenError !== undefined)
    await source.reportRejected(token, response.tokenError.code).catch(() => undefined)
  return response
}

async function sendOnce(
  { dispatcher, via, timeoutMs, deadlines }: Sending,
  { account, target, method, url, headers, body, credential, ended }: ForwardedCall,
  token: string,
): Promise<ForwardedResponse> {
  const { origin, prefix, placement } = target
  const sent = requestHeaders(headers, via)
  if (placement.in === 'header') sent[placement.name.toLowerCase()] = headerValue(placement, token)
  const query = placement.in === 'query' ? withParameter(url.query, placement.name, token) : url.query
  const isStreamed = body?.kind === 'streamed'
  if (isStreamed && body.length !== undefined) sent['content-length'] = String(body.length)
  const request = {
    origin,
    path: prefix + url.path + (query === '' ? '' : `?${query}`),
    method,
    headers: sent,
    body: body === undefined ? null : isStreamed ? body.stream : body.bytes,
    // While a body arrives, only the client's own time limit applies.
    headersTimeout: isStreamed ? timeoutMs : 0,
    bodyTimeout: timeoutMs,
  }
  const limits = { ended, deadlines: isStreamed ? undefined : deadlines, mostKept: mostRead }
  const response = await readResponse(account.provider.spec, await requestPlatform(dispatcher, request, limits))
  return withoutToken(response, token, credential)
}
