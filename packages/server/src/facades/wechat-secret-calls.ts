import type { PlatformResponse, RequestSpec } from '@lingpai/core'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { FacadeContext } from './facade-context.js'
import type { FacadeFields, FacadeRoute } from './facade.js'
import type { FacadePlatform } from './facade-platform.js'
import { FacadeError } from './facade-error.js'
import { common, keyField } from './facade-schemas.js'
import { textFields } from './text-fields.js'

/** A WeChat call that carries the secret and no token. */
interface SecretCall {
  readonly path: string
  readonly method: 'GET' | 'POST'
  /** The field of the secret, in which the client sends its key. */
  readonly secretField: 'secret' | 'appsecret'
  /** Fields to forward in addition to id and secret. */
  readonly fields: readonly string[]
  readonly schema: FacadeRoute['schema']
  /** Whether the call consumes a quota that all programs of the account share. */
  readonly isForAdmins?: boolean
}

const login = { appid: Type.String(), secret: keyField }
const forwarded = {
  200: Type.Object({}, { additionalProperties: true, description: "The body of WeChat's response, or an error." }),
}

const calls: readonly SecretCall[] = [
  {
    path: '/sns/jscode2session',
    method: 'GET',
    secretField: 'secret',
    fields: ['js_code', 'grant_type'],
    schema: {
      summary:
        'WeChat: the login of a mini program; the server replaces the key by the secret and forwards the request',
      ...common,
      querystring: Type.Object({ ...login, js_code: Type.String(), grant_type: Type.Literal('authorization_code') }),
      response: forwarded,
    },
  },
  {
    path: '/sns/oauth2/access_token',
    method: 'GET',
    secretField: 'secret',
    fields: ['code', 'grant_type'],
    schema: {
      summary:
        'WeChat: the login of a web page or app; the server replaces the key by the secret and forwards the request',
      ...common,
      querystring: Type.Object({ ...login, code: Type.String(), grant_type: Type.Literal('authorization_code') }),
      response: forwarded,
    },
  },
  {
    path: '/cgi-bin/clear_quota/v2',
    method: 'POST',
    secretField: 'appsecret',
    fields: [],
    schema: {
      summary: 'WeChat: clears the quota of the account; for keys with the role admin',
      ...common,
      body: Type.Object({ appid: Type.String(), appsecret: keyField }),
      response: forwarded,
    },
    isForAdmins: true,
  },
]

/** Forwards calls with the secret: the server replaces the client key by the real secret and returns WeChat's response. */
export function wechatSecretRoutes(platform: FacadePlatform): readonly FacadeRoute[] {
  return calls.map((call) => ({
    path: call.path,
    method: call.method,
    schema: call.schema,
    handle: (facades, request, fields) => forward({ facades, platform }, call, request, fields),
  }))
}

async function forward(
  { facades, platform }: { readonly facades: FacadeContext; readonly platform: FacadePlatform },
  { path, method, secretField, fields: names, isForAdmins = false }: SecretCall,
  request: FastifyRequest,
  fields: FacadeFields,
): Promise<object> {
  const { appid, [secretField]: secret } = textFields(fields, 'appid', secretField)
  if (appid === '') throw new FacadeError([41002, 'appid missing'])
  if (secret === '') throw new FacadeError([41004, 'appsecret missing'])
  const wanted = { secret, ids: { appId: appid }, kinds: ['stable', 'token'] }
  const { account, caller } = facades.account(request, platform, wanted)
  if (isForAdmins && !caller.mayAdmin(account.name)) {
    throw new FacadeError(platform.notServed, 'this call requires a client key with the role admin')
  }
  const others = Object.fromEntries(Object.entries(textFields(fields, ...names)).filter(([, value]) => value !== ''))
  const response = await account.source.requestWithSecret(({ appId = '', appSecret = '' }): RequestSpec => {
    const credentials = { appid: appId, [secretField]: appSecret, ...others }
    return { method, url: path, ...(method === 'GET' ? { query: credentials } : { json: credentials }) }
  })
  return bodyOf(response, platform)
}

/** Returns WeChat's body. A code that SDKs take for a dead token is replaced, because no token was sent. */
function bodyOf({ status, text }: PlatformResponse, { busy, renamed }: FacadePlatform): object {
  const body = objectIn(text)
  if (status >= 500 || body === undefined) throw new FacadeError(busy, `HTTP ${status} from WeChat`)
  const words = renamed[String(body['errcode'])]
  if (words !== undefined) throw new FacadeError(words, 'WeChat rejected the secret of this server')
  return body
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
