import { fastifySwagger } from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'

/** Serves `/openapi.json`, generated from the schemas that validate the routes. */
export async function registerOpenApi(fastify: FastifyInstance): Promise<void> {
  await fastify.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Lingpai token server',
        version: '1',
        description: 'Fetches and refreshes platform tokens in one place for all programs.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'A client key, lpk_….' },
          session: { type: 'apiKey', in: 'cookie', name: 'lingpai_session' },
        },
      },
      security: [{ key: [] }, { session: [] }],
    },
    refResolver: { buildLocalReference: (json, _baseUri, _fragment, i) => idOf(json) ?? `schema-${i}` },
  })
  fastify.get('/openapi.json', { schema: { hide: true } }, (_, reply) => reply.send(fastify.swagger()))
}

function idOf({ $id }: { readonly [key: string]: unknown }): string | undefined {
  return typeof $id === 'string' ? $id : undefined
}
