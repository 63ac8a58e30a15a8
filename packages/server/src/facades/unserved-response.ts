import type { FacadePlatform } from './facade-platform.js'
import { FacadeError } from './facade-error.js'
import { errorBody } from './error-body.js'
import { facades } from './generated-list.js'

/** A response in the format of a platform. */
export interface UnservedResponse {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

const notForwarded =
  'this is a Lingpai token server: it hands out tokens and forwards no API calls; send API calls to the platform, and only token requests here'

const noToken =
  'this Lingpai token server forwards only calls with a token that it handed out; fetch one here, with a client key as the secret'

/** Paths of the server's own routes. */
const ownPaths = /^\/(v1(\/|$)|metrics$|healthz$|readyz$|openapi|assets(\/|$)|$)/

/**
 * Returns the response to an API call that is not forwarded, because SDKs take a body without a code for success.
 * Returns undefined for a path of the server's own.
 *
 * @param url path and query
 * @param isForwarding whether the server forwards calls, so that this one lacks a token
 */
export function unservedResponse(url: string, authorization = '', isForwarding = false): UnservedResponse | undefined {
  const [rawPath = '', query = ''] = url.split('?', 2)
  const path = rawPath.replaceAll(/\/{2,}/g, '/')
  // No SDK sends such a path.
  if (/\/\.\.?(\/|$)/.test(path)) return undefined
  const of = facades.find(({ unserved }) => unserved?.isApiCall({ path, query, authorization }))
  if (of?.unserved !== undefined) return { status: of.unserved.status, body: wordsOf(of.platform, isForwarding) }
  if (ownPaths.test(path)) return undefined
  // Any SDK finds an error in it. Where two platforms share a field, it has the code of the first.
  const possible = facades.filter(({ unserved }) => unserved?.isComplete !== true)
  const bodies = possible.map(({ platform }) => wordsOf(platform, isForwarding)).reverse()
  return { status: 404, body: Object.assign({}, ...bodies) as UnservedResponse['body'] }
}

function wordsOf(platform: FacadePlatform, isForwarding: boolean): UnservedResponse['body'] {
  const error = isForwarding
    ? new FacadeError(platform.unknownToken, noToken)
    : new FacadeError(platform.notServed, notForwarded)
  return errorBody(platform, error)
}
