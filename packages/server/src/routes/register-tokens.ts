import type { PlatformCode } from '@lingpai/core'
import { Type } from 'typebox'
import { ApiError } from '../api-error.js'
import type { Caller } from '../caller.js'
import { callerIn } from '../callers.js'
import { falseReports } from '../false-reports.js'
import { accountParams, errorAnswers, ref } from '../schemas.js'
import type { ServerContext } from '../server-context.js'
import { tokenAnswer, type TokenAnswer } from '../token-answer.js'
import { tokenDesk, type TokenDesk } from '../token-desk.js'
import type { TypedFastify } from '../typebox-provider.js'

const longestLifeSeconds = 86_400
const longestToken = 8192
const longestCode = 64

/** Tokens: get one, say that one was refused, force another. */
export function registerTokens(fastify: TypedFastify, context: ServerContext): void {
  const desk = tokenDesk(context.time, context.clock)
  const report = reporter(context, desk)
  registerToken(fastify, context, desk, report)
  registerRejections(fastify, context, report)
  registerRefreshes(fastify, context)
}

/** A token, or its generation, that an API refused. */
interface Report {
  readonly refused: string | number
  readonly code?: PlatformCode | undefined
  readonly minLifeMs?: number
}

/** Reports a token and gives the one to use instead. @throws ApiError 403 for a key that may not report */
type Reporter = (caller: Caller, name: string, report: Report) => Promise<TokenAnswer>

function reporter(context: ServerContext, desk: TokenDesk): Reporter {
  const contradicted = falseReports(context.clock)
  return async (caller, name, { refused, code, minLifeMs }) => {
    const account = context.accountFor(caller, name, 'report')
    const { source } = account
    const currentIfTold = refused === source.peek() ? source.status().generation : undefined
    const generation = typeof refused === 'number' ? refused : currentIfTold
    if (contradicted.isContradicted(account, generation)) return desk.answer(account, minLifeMs)
    return context.actAs(caller.key.name, source, 'rejection', async () => {
      await source.reportRejected(typeof refused === 'number' ? { generation: refused } : refused, code)
      const answer = await desk.answer(account, minLifeMs)
      if (answer.generation === generation) contradicted.note(account, answer.generation)
      return answer
    })
  }
}

/** In a query everything is text. */
function numberIfDigits(text: string): string | number {
  return /^\d{1,15}$/.test(text) ? Number(text) : text
}

function registerToken(fastify: TypedFastify, context: ServerContext, desk: TokenDesk, report: Reporter): void {
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
          refused: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: longestToken,
              description:
                'An API refused this: a generation, or a token. It is reported, and the response has the token to use instead. Prefer the generation: proxies log queries.',
            }),
          ),
          code: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: longestCode,
              description: 'Beside `refused`: what the API answered.',
            }),
          ),
        }),
        response: { 200: ref('TokenAnswer'), ...errorAnswers },
      },
    },
    (request, reply) => {
      const caller = callerIn(request)
      const { min_life: minLife, refused, code } = request.query
      if (refused !== undefined) {
        return report(caller, request.params.account, {
          refused: numberIfDigits(refused),
          code: code === undefined ? undefined : numberIfDigits(code),
          minLifeMs: (minLife ?? 0) * 1000,
        })
      }
      const account = context.accountFor(caller, request.params.account)
      const text = minLife === undefined ? desk.textAtHand(account) : undefined
      if (text !== undefined) {
        context.access.handedOut(caller, account, account.source.status().generation ?? 0)
        return reply.header('content-type', 'application/json; charset=utf-8').send(text)
      }
      const work = async (): Promise<TokenAnswer> => {
        const answer = await desk.answer(account, (minLife ?? 0) * 1000)
        context.access.handedOut(caller, account, answer.generation)
        return answer
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
        summary: 'An API refused this token: the one to use instead, refreshed once for all who report it',
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
        response: { 200: ref('TokenAnswer'), ...errorAnswers },
      },
    },
    async (request) => {
      const caller = callerIn(request)
      // Another's account is not there, whatever the body says.
      context.accountFor(caller, request.params.account, 'report')
      const { generation, access_token: token, code } = request.body
      const refused = generation ?? token
      if (refused === undefined || (generation !== undefined && token !== undefined))
        throw new ApiError('ERR_BAD_REQUEST', 'body: is to have generation or access_token, one of them')
      return report(caller, request.params.account, { refused, code })
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
          { note: Type.Optional(Type.String({ maxLength: 200, description: 'For the timeline; no secret.' })) },
          { additionalProperties: false },
        ),
        response: { 200: ref('TokenAnswer'), ...errorAnswers },
      },
    },
    async (request) => {
      const caller = callerIn(request)
      const { source, provider } = context.accountFor(caller, request.params.account, 'admin')
      const { note } = request.body
      const { name } = caller.key
      const record = await context.actAs(name, source, 'refresh', () =>
        source.refresh(note === undefined ? {} : { note }),
      )
      return tokenAnswer(provider, record, context.time.nowMs())
    },
  )
}
