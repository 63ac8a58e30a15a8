import { qqPlatform, wechatPlatform, type FacadePlatform } from './facade-platform.js'
import { FacadeRefusal } from './facade-refusal.js'
import { refusalBody } from './refusal-body.js'

/** A response in a platform's shape. */
export interface UnservedAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

const whatToDo =
  'this is a Lingpai token server: it hands out tokens and passes no API calls on; send API calls to the platform, and only token requests here'

/** Paths of QQ's API, besides any call with its header. */
const qqPaths = /^\/(app|v2|users|guilds|channels|dms|gateway|interactions)(\/|$)/
/** Paths of WeChat and WeCom, besides any call with a token in its query. */
const weixinPaths = /^\/(cgi-bin|sns|wxa|wxaapi|datacube|customservice|card|tcb|cv)(\/|$)/
/** What an API call and a token request of the other platforms may look like is left to this server's own routes. */
const ownPaths = /^\/(v1(\/|$)|metrics$|healthz$|readyz$|openapi|assets(\/|$)|$)/

/**
 * The response to an API call that came to the token server: SDKs take a body without a code for success. `undefined` for a path
 * of the server's own.
 *
 * @param url path and query
 */
export function unservedAnswer(url: string, authorization = ''): UnservedAnswer | undefined {
  const [rawPath = '', query = ''] = url.split('?', 2)
  const path = rawPath.replaceAll(/\/{2,}/g, '/')
  // Not a call that an SDK makes.
  if (/\/\.\.?(\/|$)/.test(path)) return undefined
  if (qqPaths.test(path) || /^QQBot /i.test(authorization)) return { status: 404, body: wordsOf(qqPlatform) }
  if (weixinPaths.test(path) || /(^|&)access_token=/.test(query)) return { status: 200, body: wordsOf(wechatPlatform) }
  if (ownPaths.test(path)) return undefined
  return { status: 404, body: { ...wordsOf(wechatPlatform), ...wordsOf(qqPlatform) } }
}

function wordsOf(platform: FacadePlatform): UnservedAnswer['body'] {
  return refusalBody(platform, new FacadeRefusal(platform.notServed, whatToDo))
}
