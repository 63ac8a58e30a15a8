import { ConfigError } from '@lingpai/core'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { ClientKey } from './client-key.js'

const moment = Type.Integer({ minimum: 0 })

const keySchema = Type.Object({
  id: Type.String({ pattern: '^[0-9a-z]{10}$' }),
  name: Type.String({ minLength: 1, maxLength: 64 }),
  role: Type.Union([Type.Literal('reader'), Type.Literal('reporter'), Type.Literal('admin')]),
  accounts: Type.Union([Type.Literal('*'), Type.Array(Type.String({ minLength: 1 }))]),
  hash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  createdAt: moment,
  revokedAt: Type.Optional(moment),
  rateLimit: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
  paths: Type.Optional(Type.Array(Type.String({ pattern: '^/' }), { minItems: 1 })),
})

const documentSchema = Type.Object({ format: Type.Literal(1), keys: Type.Array(keySchema) })
const validator = Compile(documentSchema)

/** Parses a keys file. @param path for error messages @throws ConfigError if the text is malformed */
export function decodeKeys(text: string, path: string): readonly ClientKey[] {
  const data = parse(text, path)
  if (!validator.Check(data)) {
    const [first] = validator.Errors(data)
    throw malformed(path, first === undefined ? 'must be a keys file' : `${first.instancePath}: ${first.message}`)
  }
  const { keys } = data
  if (new Set(keys.map(({ id }) => id)).size < keys.length) throw malformed(path, 'must not contain an id twice')
  return keys
}

/** Formats a keys file. */
export function encodeKeys(keys: readonly ClientKey[]): string {
  return `${JSON.stringify({ format: 1, keys }, undefined, 2)}\n`
}

/** Parses JSON. The parser's own message would quote the file. */
function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw malformed(path, 'must be JSON')
  }
}

function malformed(path: string, problem: string): ConfigError {
  return new ConfigError(
    `${path}: ${problem}`,
    { field: 'keysFile', problem: 'malformed' },
    { hint: 'Restore a backup, or delete the file and run: lingpai key create' },
  )
}
