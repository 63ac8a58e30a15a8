import { Type } from 'typebox'
import { ApiError } from '../api-error.js'
import { callerIn } from '../callers.js'
import { falseReports } from '../false-reports.js'
import { accountParams, errorAnswers, ref } from '../schemas.js'
import type { ServerContext } from '../server-context.js'
import { tokenAnswer, type TokenAnswer } from '../token-answer.js'
import { tokenDesk, type TokenDesk } from '../token-desk.js'
import type { TypedFastify } from '../typebox-provider.js'

const longestLifeSeconds = 86_400

/** Tokens: get one, say that one was refused, force another. */
export function registerTokens(fastify: TypedFastify, context: ServerContext): void {
  const desk = tokenDesk(context.time, context.clock)
  registerToken(fastify, context, desk)
  registerRejections(fastify, context, desk)
  registerRefreshes(fastify, context)
}

function registerToken(fastify: TypedFastify, context: ServerContext, desk: TokenDesk): void {
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
    (request, reply) => {
      const caller = callerIn(request)
      const account = context.accountFor(caller, request.params.account)
      const { min_life: minLife } = request.query
      const text = minLife === undefined ? desk.textAtHand(account) : undefined
      if (text !== undefined) return reply.header('content-type', 'application/json; charset=utf-8').send(text)
      const work = (): Promise<TokenAnswer> => desk.answer(account, (minLife ?? 0) * 1000)
      return context.actAs(caller.key.name, account.source, 'token', work)
    },
  )
}

function registerRejections(fastify: TypedFastify, context: ServerContext, desk: TokenDesk): void {
  const contradicted = falseReports(context.clock)
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
    async (request) => {
      const caller = callerIn(request)
      const account = context.accountFor(caller, request.params.account, 'report')
      const { generation, access_token: token, code } = request.body
      const { source } = account
      if ((generation === undefined) === (token === undefined))
        throw new ApiError('ERR_BAD_REQUEST', 'body: is to have generation or access_token, one of them')
      const reported = generation ?? (token === source.peek() ? source.status().generation : undefined)
      if (contradicted.isContradicted(account, reported)) return desk.answer(account)
      return context.actAs(caller.key.name, source, 'rejection', async () => {
        await source.reportRejected(generation ?? token ?? '', code)
        const answer = await desk.answer(account)
        if (answer.generation === reported) contradicted.note(account, answer.generation)
        return answer
      })
    },
  )
}

function registerRefreshes(fastify: TypedFastify, context: ServerContext): void {
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
    async (request) => {
      const caller = callerIn(request)
      const { source, provider } = context.accountFor(caller, request.params.account, 'admin')
      const { reason } = request.body
      const { name } = caller.key
      const record = await context.actAs(name, source, 'refresh', () =>
        source.refresh(reason === undefined ? {} : { reason }),
      )
      return tokenAnswer(provider, record, context.time.nowMs())
    },
  )
}
