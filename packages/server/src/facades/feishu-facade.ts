import type { FastifyRequest } from 'fastify'
import { Type, type TProperties } from 'typebox'
import type { PlatformCode } from '@lingpai/core'
import type { Facade, FacadeFields } from './facade.js'
import type { FacadeContext } from './facade-context.js'
import type { FacadePlatform } from './facade-platform.js'
import { FacadeError } from './facade-error.js'
import { common, keyField, response, secondsField, tokenField } from './facade-schemas.js'
import { textFields } from './text-fields.js'

/** `auth/v3`: errors come with HTTP 200. */
const platform: FacadePlatform = {
  providerId: 'feishu',
  code: 'code',
  message: 'msg',
  stranger: [10014, 'app secret invalid'],
  ambiguous: [10003, 'invalid param'],
  busy: [20050, 'An unexpected server error occurred. Please retry your request.'],
  tooMany: [99991400, 'request trigger frequency limit'],
  malformed: [10003, 'invalid param'],
  unknownToken: [99991663, 'Invalid access token for authorization.'],
  notServed: [99991672, 'Access denied.'],
  renamed: {},
}

/** `/oauth/v3/token`: errors as in RFC 6749, with Feishu's number beside the word. */
const oauth: FacadePlatform = {
  ...platform,
  message: 'error_description',
  errorExtras: (code) => ({ error: wordOf(code) }),
  status: 400,
  statuses: { 20050: 500, 20072: 503, 99991400: 429 },
  stranger: [20002, 'The client secret is invalid.'],
  ambiguous: [20048, 'The app does not exist.'],
  malformed: [20036, 'The request is malformed.'],
}

/** API calls: errors come with HTTP 400. */
const api: FacadePlatform = { ...platform, status: 400 }

const twoWays = new FacadeError([20070, 'Only one client authentication method is allowed.'])
const postOnly = 'send POST with a JSON body or a form'

/** Kinds of tenant tokens of self-built apps, which all calls accept alike. */
const tenantKinds = ['tenant', 'oauth', 'keyless']

/**
 * Feishu and Lark: `/open-apis/auth/v3/tenant_access_token/internal`, `/open-apis/auth/v3/app_access_token/internal`,
 * `/oauth/v3/token` and `/open-apis/jssdk/ticket/get`.
 */
export const feishuFacade: Facade = {
  platform,
  unserved: { status: 400, isComplete: true, isApiCall: ({ path }) => path.startsWith('/open-apis/') },
  routes: [
    authRoute('tenant_access_token', 'Feishu: the tenant token of a self-built app', tenantKinds),
    authRoute('app_access_token', 'Feishu: the app token of a self-built app', ['app']),
    {
      method: 'POST',
      path: '/oauth/v3/token',
      platform: oauth,
      schema: {
        summary: 'Feishu: the tenant token of a self-built app through OAuth',
        ...common,
        body: Type.Object({
          grant_type: Type.Literal('client_credentials'),
          client_id: Type.Optional(Type.String()),
          client_secret: Type.Optional(keyField),
        }),
        response: {
          200: Type.Object({ access_token: tokenField, token_type: Type.Literal('Bearer'), expires_in: secondsField }),
          '4xx': oauthError(),
          '5xx': oauthError(),
        },
      },
      otherMethod: new FacadeError(oauth.malformed, postOnly),
      handle: oauthBody,
    },
    {
      method: 'POST',
      path: '/open-apis/jssdk/ticket/get',
      platform: api,
      schema: {
        summary: 'Feishu: the ticket of the JS-SDK; the header authorization has a token of this server',
        ...common,
        response: response(
          {
            code: Type.Literal(0),
            msg: Type.Literal('ok'),
            data: Type.Object({ ticket: Type.String(), expire_in: secondsField }),
          },
          'code',
          'msg',
        ),
      },
      handle: ticketBody,
    },
  ],
}

function authRoute(name: string, summary: string, kinds: readonly string[]): Facade['routes'][number] {
  const fields: TProperties = {
    code: Type.Literal(0),
    msg: Type.Literal('ok'),
    [name]: tokenField,
    expire: secondsField,
  }
  return {
    method: 'POST',
    path: `/open-apis/auth/v3/${name}/internal`,
    schema: {
      summary,
      ...common,
      body: Type.Object({ app_id: Type.String(), app_secret: keyField }),
      response: response(fields, 'code', 'msg'),
    },
    otherMethod: new FacadeError(platform.malformed, postOnly),
    handle: async (facades, request, given) => {
      const { app_id: appId, app_secret: secret } = textFields(given, 'app_id', 'app_secret')
      if (appId === '') throw new FacadeError(platform.malformed)
      const { value, expiresInSeconds } = await facades.token(request, platform, { secret, ids: { appId }, kinds })
      return { code: 0, msg: 'ok', [name]: value, expire: expiresInSeconds }
    },
  }
}

async function oauthBody(facades: FacadeContext, request: FastifyRequest, fields: FacadeFields): Promise<object> {
  const given = textFields(fields, 'grant_type', 'client_id', 'client_secret', 'client_assertion')
  if (given.grant_type !== 'client_credentials') {
    throw new FacadeError(oauth.malformed, 'this server serves the grant type client_credentials')
  }
  const basic = basicIn(request.headers.authorization)
  const ofBody = [given.client_secret, given.client_assertion].filter((way) => way !== '')
  if (ofBody.length > (basic === undefined ? 1 : 0)) throw twoWays
  if (basic !== undefined && !['', basic.id].includes(given.client_id)) throw new FacadeError(oauth.malformed)
  const appId = basic?.id ?? given.client_id
  if (appId === '') throw new FacadeError(oauth.malformed)
  const { value, expiresInSeconds } = await facades.token(request, oauth, {
    secret: basic?.secret ?? given.client_secret,
    ids: { appId },
    kinds: ['oauth', 'keyless', 'tenant'],
  })
  return { access_token: value, token_type: 'Bearer', expires_in: expiresInSeconds }
}

/** The token identifies the client, because a ticket request carries nothing else. */
async function ticketBody(facades: FacadeContext, request: FastifyRequest): Promise<object> {
  const token = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (token === undefined) throw new FacadeError([99991661, 'Missing access token for authorization.'])
  const found = await facades.accountOf(request, platform, token)
  if (found?.account.provider.id !== platform.providerId || !found.isAlive) throw new FacadeError(platform.unknownToken)
  const source = found.account.tickets?.['jsapi']
  if (source === undefined && found.forwardable !== undefined) return found.forwardable
  if (source === undefined) throw new FacadeError(platform.notServed, 'this server has no ticket for this account')
  const { value, expiresAtMs } = await source.getRecord()
  return { code: 0, msg: 'ok', data: { ticket: value, expire_in: facades.secondsUntil(expiresAtMs) } }
}

/** Reads `Basic` credentials, which RFC 6749 encodes like the fields of a form. */
function basicIn(authorization = ''): { readonly id: string; readonly secret: string } | undefined {
  const encoded = /^basic +([\w+/=-]+)$/i.exec(authorization)?.[1]
  if (encoded === undefined) return undefined
  const [id = '', ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':').map(fromForm)
  return { id, secret: rest.join(':') }
}

function fromForm(text: string): string {
  return new URLSearchParams(`field=${text.replaceAll('&', '%26')}`).get('field') ?? ''
}

/** The word of RFC 6749 for a code; 10003 and 10014 come from accounts of another kind. */
function wordOf(code: PlatformCode): string {
  if (code === 20050) return 'server_error'
  if (code === 20072 || code === 99991400) return 'temporarily_unavailable'
  return [10003, 10014, 20002, 20048, 20069].includes(Number(code)) ? 'invalid_client' : 'invalid_request'
}

function oauthError() {
  return Type.Object({ code: Type.Integer(), error: Type.String(), error_description: Type.String() })
}
