import { qqPlatform, wechatPlatform, type FacadePlatform } from './facade-platform.js'
import { FacadeError } from './facade-error.js'
import { errorBody } from './error-body.js'

/** A response in the format of a platform. */
export interface UnservedResponse {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

const explanation =
  'this is a Lingpai token server: it hands out tokens and forwards no API calls; send API calls to the platform, and only token requests here'

/** Paths of QQ's API, in addition to calls with its header. */
const qqPaths = /^\/(app|v2|users|guilds|channels|dms|gateway|interactions)(\/|$)/
/** Paths of WeChat and WeCom, in addition to calls with a token in the query. */
const weixinPaths = /^\/(cgi-bin|sns|wxa|wxaapi|datacube|customservice|card|tcb|cv)(\/|$)/
/** Paths of the server's own routes. */
const ownPaths = /^\/(v1(\/|$)|metrics$|healthz$|readyz$|openapi|assets(\/|$)|$)/

/**
 * Returns the response to an API call that was sent to the token server by mistake, because SDKs take a body without a code for success.
 * Returns undefined for a path of the server's own.
 *
 * @param url path and query
 */
export function unservedResponse(url: string, authorization = ''): UnservedResponse | undefined {
  const [rawPath = '', query = ''] = url.split('?', 2)
  const path = rawPath.replaceAll(/\/{2,}/g, '/')
  // No SDK sends such a path.
  if (/\/\.\.?(\/|$)/.test(path)) return undefined
  if (qqPaths.test(path) || /^QQBot /i.test(authorization)) return { status: 404, body: wordsOf(qqPlatform) }
  if (weixinPaths.test(path) || /(^|&)access_token=/.test(query)) return { status: 200, body: wordsOf(wechatPlatform) }
  if (ownPaths.test(path)) return undefined
  return { status: 404, body: { ...wordsOf(wechatPlatform), ...wordsOf(qqPlatform) } }
}

function wordsOf(platform: FacadePlatform): UnservedResponse['body'] {
  return errorBody(platform, new FacadeError(platform.notServed, explanation))
}
