import type { BridgedSources } from './bridged-sources.js'
import type { TnwxConfig } from './tnwx.js'

type Send = (url: string, ...rest: readonly unknown[]) => Promise<unknown>

/** The methods of TNW's `HttpDelegate`. What follows the URL is texts, bytes and paths, so every call can be made twice. */
const methods = [
  'httpGet',
  'httpGetToResponse',
  'httpPost',
  'httpPostToResponse',
  'httpPutToResponse',
  'httpDeleteToResponse',
  'httpPostWithCert',
  'upload',
  'uploadToResponse',
] as const

/** An HTTP delegate that answers TNW's token requests from the sources, and makes a call once more whose token is rejected. */
export function healingHttp(inner: object, sources: BridgedSources, configs: () => Iterable<TnwxConfig>): object {
  const delegate = Object.create(inner) as Record<string, Send>
  for (const method of methods) {
    const send = (inner as Readonly<Record<string, Send | undefined>>)[method]?.bind(inner)
    if (send === undefined) continue
    delegate[method] = async (url, ...rest) =>
      sources.anotherToken(url, configs()) ?? healed(sources, url, (to) => send(to, ...rest))
  }
  return delegate
}

const tokenInUrl = /(?<=[?&]access_token=)[^&#]+/

async function healed(sources: BridgedSources, url: string, send: (url: string) => Promise<unknown>): Promise<unknown> {
  const source = sources.sourceOf(tokenInUrl.exec(url)?.[0] ?? '')
  if (source === undefined) return send(url)
  const { value } = await source.withToken(async (token) => {
    const result = await send(url.replace(tokenInUrl, () => token))
    const { data } = Object(result) as { readonly data?: unknown }
    return { value: result, data: legible(result), body: legible(data) }
  })
  return value
}

/** Errors are shorter than this; what is longer is a file. */
const largestError = 64 * 1024

/** A body in which an error is found: TNW takes files as bytes, and an error instead of a file, too. */
function legible(body: unknown): unknown {
  return Buffer.isBuffer(body) && body.length <= largestError ? body.toString('utf8') : body
}
