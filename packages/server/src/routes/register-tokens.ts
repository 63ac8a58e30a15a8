import { Type } from 'typebox'
import { ApiError } from '../api-error.js'
import { callerIn } from '../callers.js'
import type { ServedAccount } from '../served-account.js'
import { accountParams, errorAnswers, ref } from '../schemas.js'
import type { ServerContext } from '../server-context.js'
import { tokenAnswer, type TokenAnswer } from '../token-answer.js'
import type { TypedFastify } from '../typebox-provider.js'

const longestLifeSeconds = 86_400

/** Tokens: get one, say that one was refused, force another. */
export function registerTokens(fastify: TypedFastify, context: ServerContext): void {
  const answer = async ({ provider, source }: ServedAccount, minLifeMs = 0): Promise<TokenAnswer> =>
    tokenAnswer(provider, await source.getRecord({ minLifeMs }), context.clock.now())

  fastify.get(
    '/v1/accounts/:account/token',
    {
      schema: {
        summary: 'A token that is usable now',
        tags: ['tokens'],
        params: accountParams,
        querystring: Type.Object({
          min_life: Type.Optional(
            Type.Integer({ minimum: 0, maximum: longestLifeSeconds, description: 'Seconds it must live at least.' }),
          ),
        }),
        response: { 200: ref('TokenAnswer'), ...errorAnswers },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request)
      const account = context.accountFor(caller, request.params.account)
      const { min_life: minLife = 0 } = request.query
      return reply.send(await context.actAs(caller.key.name, () => answer(account, minLife * 1000)))
    },
  )
  fastify.post(
    '/v1/accounts/:account/rejections',
    {
      schema: {
        summary: 'An API refused this token: the one to use instead, refreshed once for all who report it',
        tags: ['tokens'],
        params: accountParams,
        body: Type.Object(
          {
            generation: Type.Optional(Type.Integer({ minimum: 0 })),
            access_token: Type.Optional(Type.String({ minLength: 1, maxLength: 8192 })),
            code: Type.Optional(Type.Union([Type.Integer(), Type.String({ minLength: 1, maxLength: 64 })])),
          },
          { additionalProperties: false },
        ),
        response: { 200: ref('TokenAnswer'), ...errorAnswers },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request)
      const account = context.accountFor(caller, request.params.account, 'report')
      const { generation, access_token: token, code } = request.body
      if ((generation === undefined) === (token === undefined))
        throw new ApiError('ERR_BAD_REQUEST', 'body: is to have generation or access_token, one of them')
      const rejected = generation ?? token ?? ''
      await context.actAs(caller.key.name, () => account.source.reportRejected(rejected, code))
      return reply.send(await answer(account))
    },
  )
  fastify.post(
    '/v1/accounts/:account/refreshes',
    {
      schema: {
        summary: 'Another token now, whatever the state',
        tags: ['tokens'],
        params: accountParams,
        body: Type.Object(
          { reason: Type.Optional(Type.String({ maxLength: 200, description: 'For the timeline; no secret.' })) },
          { additionalProperties: false },
        ),
        response: { 200: ref('TokenAnswer'), ...errorAnswers },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request)
      const { source, provider } = context.accountFor(caller, request.params.account, 'admin')
      const { reason } = request.body
      const record = await context.actAs(caller.key.name, () => source.refresh(reason === undefined ? {} : { reason }))
      return reply.send(tokenAnswer(provider, record, context.clock.now()))
    },
  )
}
