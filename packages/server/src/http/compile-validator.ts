import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { ApiError } from './api-error.js'

/**
 * Validates input. Numbers in queries and paths are converted, because they arrive as text; bodies must have the right types.
 * Errors name the location and the rule but never the value, which may be a secret.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart = 'request' }) => {
  const validator = validatorOf(schema)
  const numbers = httpPart === 'body' ? [] : numbersOf(schema)
  return (given: unknown) => {
    // A missing body counts as an empty one.
    const value: unknown = numbers.length === 0 ? (given ?? {}) : withNumbers(given as Record<string, unknown>, numbers)
    if (validator.Check(value)) return { value }
    const [first] = validator.Errors(value)
    return { error: new ApiError('ERR_BAD_REQUEST', `${httpPart}${wordsOf(first)}`) }
  }
}

/** Compiling takes longer than anything else at the start of a server, and the schemas of a second one in a process are the same. */
function validatorOf(schema: TSchema): Validator {
  const text = JSON.stringify(schema)
  const known = validators.get(text) ?? Compile(schema)
  validators.set(text, known)
  return known
}

const validators = new Map<string, Validator>()

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
  if (complaint === undefined) return ' is not valid'
  const { keyword, instancePath, message } = complaint
  // The path would end with the unknown name, which is the caller's text.
  if (keyword === 'boolean' || keyword === 'additionalProperties') return ' has an unknown field'
  return `${instancePath}: ${message}`
}
