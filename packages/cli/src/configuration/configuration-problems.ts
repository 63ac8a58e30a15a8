import type { LineCounter, Document } from 'yaml'
import { isMap, isScalar, isSeq, type Node } from 'yaml'
import type { z } from 'zod'
import { knownProviders, providerNames, type ProviderName } from '../known-providers.js'
import { serverKeys } from './server-schema.js'
import { accountKeys, configurationSchema, topKeys, type ConfigurationFile } from './configuration-schema.js'

/** A problem of a configuration file. Never quotes a value, which may be a secret. */
export interface ConfigurationProblem {
  /** Path of the field, such as `accounts.shop.appId`; empty for the whole file. */
  readonly field: string
  readonly text: string
  /** Line number, beginning with 1. */
  readonly line: number
}

type Path = readonly PropertyKey[]

/** Validates a parsed file. Returns its content or all of its problems. */
export function checkConfiguration(
  data: unknown,
  document: Document,
  lines: LineCounter,
): { readonly file: ConfigurationFile } | { readonly problems: readonly ConfigurationProblem[] } {
  const result = configurationSchema.safeParse(data, { error: wordsOf })
  if (result.success) return { file: result.data as ConfigurationFile }
  const problems = result.error.issues
    .flatMap((issue) => found(issue, data))
    .map(({ path, text }) => ({
      field: path.map(String).join('.'),
      text,
      line: lineOf(document, lines, path),
    }))
  return { problems: problems.sort((a, b) => a.line - b.line) }
}

const typeWords: Readonly<Record<string, string>> = { object: 'a mapping', record: 'a mapping', string: 'text' }

function wordsOf(issue: z.core.$ZodRawIssue): string {
  if (issue.code === 'invalid_union') return `must be one of ${providerNames.join(', ')}`
  if (issue.code !== 'invalid_type') return 'is invalid'
  if (issue.input === undefined) return 'is missing'
  return `must be ${typeWords[issue.expected] ?? issue.expected}`
}

function found(issue: z.core.$ZodIssue, data: unknown): readonly { readonly path: Path; readonly text: string }[] {
  const { path } = issue
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], text: unknownKey(path, key, data) }))
    case 'invalid_key':
      return [{ path, text: issue.issues[0]?.message ?? issue.message }]
    case 'invalid_union':
      return [
        {
          path,
          text: valueAt(data, path) === undefined && issue.errors.length === 0 ? missingProvider : issue.message,
        },
      ]
    default:
      return [{ path, text: issue.message }]
  }
}

const missingProvider = `is missing: one of ${providerNames.join(', ')}`

function unknownKey(path: Path, key: string, data: unknown): string {
  if (path[0] === 'server')
    return `is unknown; the known fields are ${path.length === 1 ? serverKeys.join(', ') : 'cert, key'}`
  if (/secret|password|token|ticket|key/i.test(key)) {
    return (
      'a secret must not be in this file: put it into an environment variable or a file, and name that by ' +
      (path[0] === 'encryption' ? 'keysEnv: NAME or keysFile: path' : 'secretEnv: NAME or secretFile: path')
    )
  }
  if (path.length === 1 && path[0] === 'encryption')
    return 'is unknown; the known fields are keysEnv, keysFile, readPlain'
  if (path.length === 0) return `is unknown; the known fields are ${topKeys.join(', ')}`
  const name = valueAt(data, [...path, 'provider'])
  const keys = typeof name === 'string' && name in knownProviders ? accountKeys(name as ProviderName) : []
  return `is unknown for ${String(name)}; the known fields are ${keys.join(', ')}`
}

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    data,
  )
}

/** Returns the line of the last existing key on the path. */
function lineOf(document: Document, lines: LineCounter, path: Path): number {
  let node: unknown = document.contents
  let offset = 0
  for (const key of path) {
    if (isSeq(node)) {
      node = node.items[Number(key)]
      offset = (node as Node | undefined)?.range?.[0] ?? offset
      continue
    }
    const pair = isMap(node)
      ? node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
      : undefined
    if (pair === undefined) break
    offset = (pair.key as Node).range?.[0] ?? offset
    node = pair.value
  }
  return lines.linePos(offset).line
}
