import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { ApiError } from './api-error.js'

/**
 * Checks what comes in. Queries and paths are text, so numbers in them are read as such; bodies have to be right as they are.
 * What is wrong is told by place and rule; what stood there is not: it may be a secret.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart = 'request' }) => {
  const validator = Compile(schema)
  const numbers = httpPart === 'body' ? [] : numbersOf(schema)
  return (given: unknown) => {
    // A missing body is an empty one.
    const value: unknown = numbers.length === 0 ? (given ?? {}) : withNumbers(given as Record<string, unknown>, numbers)
    if (validator.Check(value)) return { value }
    const [first] = validator.Errors(value)
    return { error: new ApiError('ERR_BAD_REQUEST', `${httpPart}${wordsOf(first)}`) }
  }
}

function numbersOf(schema: TSchema): readonly string[] {
  const { properties = {} } = schema as { readonly properties?: Readonly<Record<string, { readonly type?: unknown }>> }
  return Object.entries(properties).flatMap(([name, { type }]) => (type === 'integer' ? [name] : []))
}

function withNumbers(given: Readonly<Record<string, unknown>>, names: readonly string[]): object {
  const value = { ...given }
  for (const name of names) {
    const text = value[name]
    if (typeof text === 'string' && /^\d{1,15}$/.test(text)) value[name] = Number(text)
  }
  return value
}

interface Complaint {
  readonly keyword: string
  readonly instancePath: string
  readonly message: string
}

function wordsOf(complaint: Complaint | undefined): string {
  if (complaint === undefined) return ': is not valid'
  const { keyword, instancePath, message } = complaint
  // The path ends with the name that nobody knows, and that is the caller's own text.
  if (keyword === 'boolean' || keyword === 'additionalProperties') return ': has a field that is not known'
  return `${instancePath}: ${message}`
}
