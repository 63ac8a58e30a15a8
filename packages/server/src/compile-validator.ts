import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Convert } from 'typebox/value'
import { ApiError } from './api-error.js'

/**
 * Checks what comes in. Queries and paths are text, so numbers in them are read as such; bodies have to be right as they are.
 * What is wrong is told by place and rule; what stood there is not: it may be a secret.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema)
  const isText = httpPart !== 'body'
  return (given: unknown) => {
    // A missing body is an empty one.
    const value: unknown = isText ? Convert(schema, { ...(given as object) }) : (given ?? {})
    if (validator.Check(value)) return { value }
    const [first] = validator.Errors(value)
    const path = first?.instancePath ?? ''
    return {
      error: new ApiError('ERR_BAD_REQUEST', `${httpPart ?? 'request'}${path}: ${first?.message ?? 'is not valid'}`),
    }
  }
}
