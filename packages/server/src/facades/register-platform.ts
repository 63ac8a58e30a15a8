import type { FastifyInstance, FastifyRequest, FastifySchema } from 'fastify'
import type { FacadePlatform } from './facade-platform.js'
import { FacadeRefusal } from './facade-refusal.js'
import { refusalBody } from './refusal-body.js'
import { refusalOf } from './refusal-of.js'

/** The fields of a request, wherever they stood. */
export type FacadeFields = Readonly<Record<string, unknown>>

/** A path as a platform serves it. */
export interface FacadeRoute {
  readonly path: string
  /** The method of the platform's own documentation. */
  readonly method: 'GET' | 'POST'
  readonly schema: FastifySchema
  /** Words for the other method; absent: SDKs use both, and it gets the same response. */
  readonly otherMethod?: FacadeRefusal
  readonly handle: (request: FastifyRequest, fields: FacadeFields) => Promise<unknown>
}

/** Registers routes whose bodies and refusals are those of a platform; each refusal comes with HTTP 200, as the platforms send it. */
export function registerPlatform(
  fastify: FastifyInstance,
  platform: FacadePlatform,
  routes: readonly FacadeRoute[],
): void {
  void fastify.register((scope, _options, done) => {
    // SDKs and curl send JSON and forms under any content type.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) => {
      parsed(null, parseBody(String(body)))
    })
    // The schemas describe; each platform has codes of its own for what is missing or wrong.
    scope.setValidatorCompiler(() => (value: unknown) => ({ value }))
    scope.setSerializerCompiler(() => JSON.stringify)
    scope.setErrorHandler(async (error, request, reply) => {
      const foreseen = refusalOf(error, platform)
      if (foreseen === undefined) request.log.error({ err: error }, 'a facade failed')
      return reply
        .code(200)
        .send(refusalBody(platform, foreseen ?? new FacadeRefusal(platform.busy, 'the server failed')))
    })
    for (const route of routes) registerRoute(scope, route)
    done()
  })
}

function registerRoute(scope: FastifyInstance, { path, method, schema, otherMethod, handle }: FacadeRoute): void {
  const handler = async (request: FastifyRequest): Promise<unknown> => handle(request, fieldsOf(request))
  scope.route({ method, url: path, schema, handler })
  scope.route({
    method: method === 'GET' ? 'POST' : 'GET',
    url: path,
    schema: { hide: true },
    handler: otherMethod === undefined ? handler : () => Promise.reject(otherMethod),
  })
}

/** Some SDKs put into the query what others put into the body. */
function fieldsOf({ query, body }: FastifyRequest): FacadeFields {
  return { ...Object(query), ...(typeof body === 'object' && body) } as FacadeFields
}

/** The fields of a JSON text or a form; any other text has none. */
function parseBody(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return Object.fromEntries(new URLSearchParams(text))
  }
}
