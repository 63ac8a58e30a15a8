import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify'
import { namedScope } from '../http/named-scope.js'
import type { Facade, FacadeFields, FacadeRoute } from './facade.js'
import { FacadeError } from './facade-error.js'
import { PlatformCall } from './platform-call.js'
import { errorBody } from './error-body.js'
import { toFacadeError } from './to-facade-error.js'
import type { ServerContext } from '../server-context.js'
import { facadeContext, type FacadeContext } from './facade-context.js'
import { facades } from './generated-list.js'

/** Registers routes in the formats of the platforms, for SDKs that know nothing about this server. */
export function registerFacades(fastify: FastifyInstance, context: ServerContext): void | Promise<void> {
  const shared = facadeContext(context)
  for (const facade of facades) registerFacade(fastify, facade, shared)
  fastify.addHook('onClose', async () => {
    shared.close()
  })
}

/** Registers the routes of a facade with the platform's formats. */
function registerFacade(fastify: FastifyInstance, { platform, routes }: Facade, shared: FacadeContext): void {
  const servePlatform = (scope: FastifyInstance, _options: unknown, done: () => void): void => {
    // SDKs and curl send JSON and forms with any content type.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) => {
      parsed(null, parseBody(String(body)))
    })
    // The schemas are for the documentation: each platform has its own codes for missing and invalid fields.
    scope.setValidatorCompiler(() => (value: unknown) => ({ value }))
    scope.setSerializerCompiler(() => JSON.stringify)
    for (const route of routes) registerRoute(scope, { platform, ...route }, shared)
    done()
  }
  void fastify.register(namedScope(`lingpai-${platform.providerId}-facade`, servePlatform))
}

function registerRoute(
  scope: FastifyInstance,
  { path, method, schema, otherMethod, handle, platform }: FacadeRoute & Pick<Facade, 'platform'>,
  shared: FacadeContext,
): void {
  const errorHandler: RouteShorthandOptions['errorHandler'] = (error, request, reply) => {
    const foreseen = toFacadeError(error, platform)
    if (foreseen === undefined) request.log.error({ err: error }, 'a facade failed')
    const known = foreseen ?? new FacadeError(platform.busy, 'internal error')
    const { status = 200, statuses = {} } = platform
    void reply.code(statuses[known.code] ?? status).send(errorBody(platform, known))
  }
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const body = await handle(shared, request, fieldsOf(request))
    if (!(body instanceof PlatformCall)) return body
    await shared.forward(body, request, reply)
    return reply
  }
  scope.route({ method, url: path, schema, handler, errorHandler })
  scope.route({
    method: method === 'GET' ? 'POST' : 'GET',
    url: path,
    schema: { hide: true },
    errorHandler,
    handler: otherMethod === undefined ? handler : () => Promise.reject(otherMethod),
  })
}

/** Merges query and body, because SDKs differ in where they put a field. */
function fieldsOf({ query, body }: FastifyRequest): FacadeFields {
  return { ...Object(query), ...(typeof body === 'object' && body) } as FacadeFields
}

/** Parses JSON or a form; any other text gives no fields. */
function parseBody(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return Object.fromEntries(new URLSearchParams(text))
  }
}
