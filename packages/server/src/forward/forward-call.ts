import type { IncomingHttpHeaders } from 'node:http'
import type { TokenSource } from '@lingpai/core'
import { headerValue, replay } from '@lingpai/core/internal'
import type { Dispatcher } from 'undici'
import type { ServedAccount } from '../accounts/served-account.js'
import type { TargetBase } from './call-target.js'
import { withParameter } from './find-credential.js'
import { requestHeaders, type Headers } from './forward-headers.js'
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
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal
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
 * @throws the error of the source, or of `undici` if there is no response
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
  { account, target, method, path, query, headers, body, credential, signal }: ForwardedCall,
  token: string,
): Promise<ForwardedResponse> {
  const { origin, prefix, placement } = target
  const sent = requestHeaders(headers, via)
  if (placement.in === 'header') sent[placement.name.toLowerCase()] = headerValue(placement, token)
  const placed = placement.in === 'query' ? withParameter(query, placement.name, token) : query
  if (body?.kind === 'streamed' && body.length !== undefined) sent['content-length'] = String(body.length)
  const response = await dispatcher.request({
    origin,
    path: `${prefix}${path}${placed === '' ? '' : `?${placed}`}`,
    method,
    headers: sent,
    body: body === undefined ? null : body.kind === 'kept' ? body.bytes : body.stream,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    signal,
  })
  return withoutToken(await readResponse(account.provider.spec, response), token, credential)
}

/** Replaces the token by the client's own credential in a response, such as in the target of a redirect. */
function withoutToken(response: ForwardedResponse, token: string, credential: string): ForwardedResponse {
  const { body } = response
  const cover = (text: string): string => text.replaceAll(token, credential)
  const headers: Headers = {}
  for (const [name, value] of Object.entries(response.headers))
    headers[name] = Array.isArray(value) ? value.map(cover) : cover(value)
  if (!Buffer.isBuffer(body) || !body.includes(token)) return { ...response, headers }
  const covered = Buffer.from(cover(body.toString()))
  return { ...response, headers: { ...headers, 'content-length': String(covered.length) }, body: covered }
}
