import type { PlatformResponse, RequestSpec } from '@lingpai/core'
import type { FastifyRequest } from 'fastify'
import type { FacadeDesk } from './facade-desk.js'
import { wechatPlatform } from './facade-platform.js'
import { FacadeRefusal } from './facade-refusal.js'
import { facadeSchemas } from './facade-schemas.js'
import type { FacadeFields, FacadeRoute } from './register-platform.js'
import { textFields } from './text-fields.js'

/** A call of WeChat's that carries the secret and no token. */
interface SecretCall {
  readonly path: string
  readonly method: 'GET' | 'POST'
  /** Where the client puts its key, and the platform expects the secret. */
  readonly secretField: 'secret' | 'appsecret'
  /** What is passed on besides id and secret. */
  readonly fields: readonly string[]
  readonly schema: FacadeRoute['schema']
  /** The call uses up what belongs to all programs of the account. */
  readonly isForAdmins?: boolean
}

const calls: readonly SecretCall[] = [
  {
    path: '/sns/jscode2session',
    method: 'GET',
    secretField: 'secret',
    fields: ['js_code', 'grant_type'],
    schema: facadeSchemas.wechatMiniProgramLogin,
  },
  {
    path: '/sns/oauth2/access_token',
    method: 'GET',
    secretField: 'secret',
    fields: ['code', 'grant_type'],
    schema: facadeSchemas.wechatWebLogin,
  },
  {
    path: '/cgi-bin/clear_quota/v2',
    method: 'POST',
    secretField: 'appsecret',
    fields: [],
    schema: facadeSchemas.wechatClearQuota,
    isForAdmins: true,
  },
]

/** An SDK that has a client key for a secret sends it here as well: the real secret takes its place, and the response is WeChat's. */
export function wechatSecretRoutes(desk: FacadeDesk): readonly FacadeRoute[] {
  return calls.map((call) => ({
    path: call.path,
    method: call.method,
    schema: call.schema,
    handle: (request, fields) => passOn(desk, call, request, fields),
  }))
}

async function passOn(
  desk: FacadeDesk,
  { path, method, secretField, fields: names, isForAdmins = false }: SecretCall,
  request: FastifyRequest,
  fields: FacadeFields,
): Promise<object> {
  const { appid, [secretField]: secret } = textFields(fields, 'appid', secretField)
  if (appid === '') throw new FacadeRefusal([41002, 'appid missing'])
  if (secret === '') throw new FacadeRefusal([41004, 'appsecret missing'])
  const wanted = { secret, ids: { appId: appid }, kinds: ['stable', 'token'] }
  const { account, caller } = desk.account(request, wechatPlatform, wanted)
  if (isForAdmins && !caller.mayAdmin(account.name)) {
    throw new FacadeRefusal(wechatPlatform.notServed, 'this call requires a client key with the role admin')
  }
  const passed = Object.fromEntries(Object.entries(textFields(fields, ...names)).filter(([, value]) => value !== ''))
  const response = await account.source.requestWithSecret(({ appId = '', appSecret = '' }): RequestSpec => {
    const question = { appid: appId, [secretField]: appSecret, ...passed }
    return { method, url: path, ...(method === 'GET' ? { query: question } : { json: question }) }
  })
  return bodyOf(response)
}

/** WeChat's own body, but for a code that SDKs take for a dead token: no token was sent. */
function bodyOf({ status, text }: PlatformResponse): object {
  const body = objectIn(text)
  if (status >= 500 || body === undefined) throw new FacadeRefusal(wechatPlatform.busy, `HTTP ${status} from WeChat`)
  const renamed = wechatPlatform.renamed[String(body['errcode'])]
  if (renamed !== undefined) throw new FacadeRefusal(renamed, 'WeChat does not accept the secret of this server')
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
