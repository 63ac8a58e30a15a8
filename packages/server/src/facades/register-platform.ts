import type { FastifyInstance } from 'fastify'
import type { FacadePlatform } from './facade-platform.js'
import { FacadeRefusal } from './facade-refusal.js'
import { refusalOf } from './refusal-of.js'

/** Registers routes whose bodies and refusals are those of a platform; each refusal comes with HTTP 200, as the platforms send it. */
export function registerPlatform(
  fastify: FastifyInstance,
  platform: FacadePlatform,
  register: (scope: FastifyInstance) => void,
): void {
  void fastify.register((scope, _options, done) => {
    // SDKs and curl send JSON under whatever content type.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) => {
      parsed(null, parseJson(String(body)))
    })
    // The schemas describe; each platform has codes of its own for what is missing or wrong.
    scope.setValidatorCompiler(() => (value: unknown) => ({ value }))
    scope.setSerializerCompiler(() => JSON.stringify)
    scope.setErrorHandler(async (error, request, reply) => {
      const foreseen = refusalOf(error, platform)
      if (foreseen === undefined) request.log.error({ err: error }, 'a facade failed')
      const { code, message } = foreseen ?? new FacadeRefusal(platform.busy, 'the server failed')
      return reply.code(200).send({ [platform.code]: code, [platform.message]: message })
    })
    register(scope)
    done()
  })
}

/** What the text holds; a body that is no JSON holds no field. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
