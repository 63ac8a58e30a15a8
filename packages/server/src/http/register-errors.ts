import { isLingpaiError, type AnyLingpaiError } from '@lingpai/core'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ApiError, isApiError, type ApiErrorCode } from './api-error.js'
import { unservedResponse } from '../facades/unserved-response.js'
import { bilingualHint, type BilingualHint } from '../accounts/hints.js'
import type { ServedAccount } from '../accounts/served-account.js'
import type { ServerContext } from '../server-context.js'

/** The body of every error of the native API. */
interface ErrorBody {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly class?: string
    readonly platform_code?: number | string
    readonly hint?: BilingualHint
    readonly retryable: boolean
    /** Unix milliseconds. */
    readonly retry_at?: number
  }
}

/** An error as it is sent. */
interface OutgoingError {
  readonly status: number
  /** Whole seconds. */
  readonly retryAfter?: number
  readonly body: ErrorBody
}

/** Sends errors and unknown paths in one format. */
export function registerErrors(fastify: FastifyInstance, context: ServerContext): void {
  const isForwarding = context.surrogates !== undefined
  const unserved = ({ url, headers }: FastifyRequest) => unservedResponse(url, headers.authorization, isForwarding)
  fastify.setErrorHandler((error: FastifyError, request, reply) => {
    // Such a call is not for this server, so an invalid body does not matter.
    const response = request.is404 ? unserved(request) : undefined
    if (response !== undefined) return reply.code(response.status).send(response.body)
    const outgoing = outgoingError(error, context, accountOf(context, request))
    if (outgoing.status >= 500) report(request, error, outgoing)
    return send(reply, outgoing)
  })
  fastify.setNotFoundHandler((request, reply) => {
    const response = unserved(request)
    if (response !== undefined) return reply.code(response.status).send(response.body)
    return send(reply, outgoingError(new ApiError('ERR_NOT_FOUND', 'no such path'), context))
  })
}

function send(reply: FastifyReply, { status, retryAfter, body }: OutgoingError): FastifyReply {
  if (retryAfter !== undefined) void reply.header('retry-after', retryAfter)
  if (status === 401) void reply.header('www-authenticate', 'Bearer')
  return reply.code(status).send(body)
}

/** Converts an error for the native API. @param account the account whose hints apply */
function outgoingError(
  error: unknown,
  { clock }: Pick<ServerContext, 'clock'>,
  account?: ServedAccount,
): OutgoingError {
  if (isLingpaiError(error)) return ofCore(error, clock.now(), account)
  const apiError = isApiError(error) ? error : ofFastify(error as Partial<FastifyError>)
  const { code, message, statusCode, retryAfterMs, hint } = apiError
  const retryable = statusCode === 429 || statusCode === 503
  return {
    status: statusCode,
    ...(retryAfterMs !== undefined && { retryAfter: Math.ceil(retryAfterMs / 1000) }),
    body: {
      error: {
        code,
        message,
        retryable,
        ...(hint && { hint }),
        ...(retryAfterMs !== undefined && { retry_at: Math.ceil(clock.now() + retryAfterMs) }),
      },
    },
  }
}

/** Options that core may reject although they match the schema. */
const inputFields: readonly (string | undefined)[] = ['minLifeMs', 'code', 'note']

function ofCore(error: AnyLingpaiError, nowMs: number, account: ServedAccount | undefined): OutgoingError {
  const { code, message, retryable, retryAtMs, hint: text } = error
  const platform = error.code === 'ERR_LINGPAI_PLATFORM' ? error.details : undefined
  const isInput = error.code === 'ERR_LINGPAI_CONFIG' && inputFields.includes(error.details.field)
  const hint = (account && platform && bilingualHint(account.provider, platform)) ?? (text && { en: text, zh: text })
  // Retrying at once would fail again, so wait at least a second.
  const waitMs = retryAtMs === undefined ? 1000 : Math.max(1000, retryAtMs - nowMs)
  return {
    status: isInput ? 400 : retryable ? 503 : 502,
    ...(retryable && { retryAfter: Math.ceil(waitMs / 1000) }),
    body: {
      error: {
        code,
        message,
        retryable,
        ...(platform && { class: platform.errorClass, platform_code: platform.platformCode }),
        ...(hint && { hint }),
        ...(retryAtMs !== undefined && { retry_at: Math.round(retryAtMs) }),
      },
    },
  }
}

const words: Readonly<Record<number, readonly [ApiErrorCode, string]>> = {
  404: ['ERR_NOT_FOUND', 'no such path'],
  413: ['ERR_TOO_LARGE', 'the body is too large'],
  415: ['ERR_UNSUPPORTED_MEDIA_TYPE', 'the body must be application/json'],
  429: ['ERR_RATE_LIMITED', 'too many requests'],
  503: ['ERR_UNAVAILABLE', 'the server is shutting down'],
}

/** Replaces fastify's errors, whose messages may quote the request. */
function ofFastify({ statusCode = 500 }: Partial<FastifyError>): ApiError {
  const [code, text] = words[statusCode] ?? []
  if (code !== undefined && text !== undefined) return new ApiError(code, text)
  return statusCode >= 400 && statusCode < 500
    ? new ApiError('ERR_BAD_REQUEST', 'the request is malformed')
    : new ApiError('ERR_INTERNAL', 'internal error')
}

function accountOf({ accounts }: ServerContext, { params }: FastifyRequest): ServedAccount | undefined {
  const { account } = Object(params) as { readonly account?: unknown }
  try {
    return typeof account === 'string' ? accounts.get(account) : undefined
  } catch {
    // The program's own register fails, and what fails here makes the framework send the text of that failure to the client.
    return undefined
  }
}

/** Logs an error. Failures of upstream are logged as events; other errors are bugs and are logged with their stack. */
function report(request: FastifyRequest, error: object, { body }: OutgoingError): void {
  if (isLingpaiError(error)) request.log.debug({ code: error.code }, 'request failed')
  else if (body.error.code === 'ERR_INTERNAL') request.log.error({ err: error }, 'internal error')
}
