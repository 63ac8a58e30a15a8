import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { classify, isTokenError, largestPeek, mayBeJson, parseBody, type ErrorResponse } from '@lingpai/core/internal'
import type { AnyProvider } from '../accounts/served-account.js'
import { responseHeaders, type Headers } from './forward-headers.js'
import type { PlatformResponse } from './platform-request.js'

/** A response of the platform, as far as it was read to look for a token error. */
export interface ForwardedResponse {
  readonly status: number
  readonly headers: Headers
  /** A whole body if it is short and may be an error; otherwise a stream. */
  readonly body: Buffer | Readable
  /** The text of a whole body, without its compression, if it could be read. */
  readonly text?: string | undefined
  /** Present if the platform rejects the token; then the whole body was read. */
  readonly tokenError?: ErrorResponse | undefined
}

/** The largest body in which an error is looked for; 0 if there can be none. */
export function mostRead(status: number, headers: PlatformResponse['headers']): number {
  return mayBeJson({ status, headers: lookUpIn(headers) }) ? largestPeek : 0
}

/** Finds out whether the platform rejects the token. */
export async function readResponse(spec: AnyProvider['spec'], response: PlatformResponse): Promise<ForwardedResponse> {
  const { status, headers: given, body } = response
  const headers = responseHeaders(given)
  if (!Buffer.isBuffer(body)) return { status, headers, body }
  const encoding = encodingIn(given)
  const text = encoding === undefined ? body.toString() : await decode(body, encoding)
  if (text === undefined) return { status, headers, body }
  const error = classify(spec, 'api', { status, headers: lookUpIn(given), body: parseBody(text) })
  return { status, headers, body, text, tokenError: error !== undefined && isTokenError(error) ? error : undefined }
}

/** The compression of a body; `undefined` if it has none. */
export function encodingIn({ 'content-encoding': encoding }: PlatformResponse['headers']): string | undefined {
  return encoding === undefined || encoding === 'identity' ? undefined : String(encoding)
}

const decoders = { gzip: promisify(gunzip), 'x-gzip': promisify(gunzip), deflate: promisify(inflate) }

/** Decodes a short body; `undefined` for an encoding that was not asked for. */
async function decode(bytes: Buffer, encoding: string): Promise<string | undefined> {
  const decoder = decoders[encoding.toLowerCase() as keyof typeof decoders] as typeof decoders.gzip | undefined
  const decoded = await decoder?.(bytes, { maxOutputLength: largestPeek }).catch(() => undefined)
  return decoded?.toString()
}

function lookUpIn(headers: PlatformResponse['headers']): { readonly get: (name: string) => string | null } {
  return { get: (name) => textOf(headers[name.toLowerCase()]) }
}

function textOf(value: string | string[] | undefined): string | null {
  return value === undefined ? null : String(value)
}
