import type { PlatformCode } from '@lingpai/core'
import { Type } from 'typebox'
import { ApiError } from '../http/api-error.js'
import type { Caller } from '../auth/caller.js'
import { containsCredential } from '../forward/find-credential.js'
import { callerIn } from '../auth/require-caller.js'
import { falseReports } from '../tokens/false-reports.js'
import { accountParams, errorResponses, ref } from '../http/schemas.js'
import type { ServerContext } from '../server-context.js'
import { tokenResponse, type TokenResponse } from '../tokens/token-response.js'
import type { TokenResponder } from '../tokens/token-responder.js'
import type { TypedFastify } from '../http/typebox-provider.js'

const longestLifeSeconds = 86_400
const longestToken = 8192
const longestCode = 64

/** Serves tokens, takes reports of rejected tokens, and forces refreshes. */
export function registerTokens(fastify: TypedFastify, context: ServerContext): void {
  const report = reporter(context, context.responder)
  registerToken(fastify, context, report)
  registerRejections(fastify, context, report)
  registerRefreshes(fastify, context)
}

/** A rejected token or its generation. */
interface Report {
  readonly rejected: string | number
  readonly code?: PlatformCode | undefined
  readonly minLifeMs?: number
}

/** Reports a rejected token and returns the one to use instead. @throws ApiError 403 for a key that may not report */
type Reporter = (caller: Caller, name: string, report: Report) => Promise<TokenResponse>

function reporter(context: ServerContext, responder: TokenResponder): Reporter {
  const contradicted = falseReports(context.clock)
  return async (caller, name, { rejected, code, minLifeMs }) => {
    const account = context.accountFor(caller, name, 'report')
    const { source } = account
    const currentIfSame = rejected === source.peek() ? source.status().generation : undefined
    const generation = typeof rejected === 'number' ? rejected : currentIfSame
    if (contradicted.isContradicted(account, generation)) return responder.respond(account, minLifeMs)
    return context.actAs(caller.key.name, source, 'rejection', async () => {
      await source.reportRejected(typeof rejected === 'number' ? { generation: rejected } : rejected, code)
      const response = await responder.respond(account, minLifeMs)
      if (response.generation === generation) contradicted.note(account, response.generation)
      return response
    })
  }
}

/** Converts digits to a number, because a query contains only text. */
function numberIfDigits(text: string): string | number {
  return /^\d{1,15}$/.test(text) ? Number(text) : text
}

function registerToken(fastify: TypedFastify, context: ServerContext, report: Reporter): void {
  const { responder } = context
  fastify.get(
    '/v1/accounts/:account/token',
    {
      schema: {
        summary: 'A token that is usable now',
        tags: ['tokens'],
        params: accountParams,
        querystring: Type.Object({
          min_life: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: longestLifeSeconds,
              description: 'Minimum remaining lifetime in seconds.',
            }),
          ),
          refused: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: longestToken,
              description:
                'A generation or token that an API rejected. It is reported, and the response contains the token to use instead. Prefer the generation, because proxies log queries.',
            }),
          ),
          code: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: longestCode,
              description: 'With `refused`: the code of the API.',
            }),
          ),
        }),
        response: { 200: ref('TokenResponse'), ...errorResponses },
      },
    },
    (request, reply) => {
      const caller = callerIn(request)
      const { min_life: minLife, refused, code } = request.query
      if (refused !== undefined) {
        return report(caller, request.params.account, {
          rejected: numberIfDigits(refused),
          code: code === undefined ? undefined : numberIfDigits(code),
          minLifeMs: (minLife ?? 0) * 1000,
        })
      }
      const account = context.accountFor(caller, request.params.account, 'token')
      const ready = minLife === undefined ? responder.fromMemory(account) : undefined
      if (ready !== undefined) {
        context.access.handedOut(caller, account, ready.generation)
        return reply.header('content-type', 'application/json; charset=utf-8').send(ready.text())
      }
      const work = async (): Promise<TokenResponse> => {
        const response = await responder.respond(account, (minLife ?? 0) * 1000)
        context.access.handedOut(caller, account, response.generation)
        return response
      }
      return context.actAs(caller.key.name, account.source, 'token', work)
    },
  )
}

function registerRejections(fastify: TypedFastify, context: ServerContext, report: Reporter): void {
  fastify.post(
    '/v1/accounts/:account/rejections',
    {
      schema: {
        summary: 'Report a rejected token and get the one to use instead; all reports of one token cause one refresh',
        tags: ['tokens'],
        params: accountParams,
        body: Type.Object(
          {
            generation: Type.Optional(Type.Integer({ minimum: 0 })),
            access_token: Type.Optional(Type.String({ minLength: 1, maxLength: longestToken })),
            code: Type.Optional(Type.Union([Type.Integer(), Type.String({ minLength: 1, maxLength: longestCode })])),
          },
          { additionalProperties: false },
        ),
        response: { 200: ref('TokenResponse'), ...errorResponses },
      },
    },
    async (request) => {
      const caller = callerIn(request)
      // Checked first, so that an account of other keys gives 404 for any body.
      context.accountFor(caller, request.params.account, 'report')
      const { generation, access_token: token, code } = request.body
      const rejected = generation ?? token
      if (rejected === undefined || (generation !== undefined && token !== undefined))
        throw new ApiError('ERR_BAD_REQUEST', 'body must have either generation or access_token')
      return report(caller, request.params.account, { rejected, code })
    },
  )
}

function registerRefreshes(fastify: TypedFastify, context: ServerContext): void {
  fastify.post(
    '/v1/accounts/:account/refreshes',
    {
      schema: {
        summary: 'Force a refresh and get the new token',
        tags: ['tokens'],
        params: accountParams,
        body: Type.Object(
          {
            note: Type.Optional(
              Type.String({
                maxLength: 200,
                description:
                  'Shown in the timeline; must not contain a secret. One with a client key, a surrogate or a token of the account is rejected.',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: ref('TokenResponse'), ...errorResponses },
      },
    },
    async (request) => {
      const caller = callerIn(request)
      const { source, provider } = context.accountFor(caller, request.params.account, 'admin')
      const { note } = request.body
      if (note !== undefined && containsCredential(note))
        throw new ApiError('ERR_BAD_REQUEST', 'body/note must not contain a client key or a surrogate')
      const { name } = caller.key
      const record = await context.actAs(name, source, 'refresh', () =>
        source.refresh(note === undefined ? {} : { note }),
      )
      return tokenResponse(provider, record, context.time.nowMs())
    },
  )
}
