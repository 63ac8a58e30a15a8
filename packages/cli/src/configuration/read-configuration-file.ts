import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { ConfigError } from '@lingpai/core'
import { isScalar, LineCounter, parseDocument, visit, type Document, type YAMLError } from 'yaml'
import { providerNames, knownProviders } from '../known-providers.js'
import { checkConfiguration, type ConfigurationProblem } from './configuration-problems.js'
import type { ConfigurationFile } from './configuration-schema.js'

const largestBytes = 1024 * 1024

/** Reads and validates `lingpai.yaml`. @throws ConfigError with one line for each problem, `lingpai.yaml:12: accounts.shop.appId: …` */
export async function readConfigurationFile(path: string): Promise<ConfigurationFile> {
  const text = await readText(path)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0)
    throw problemsError(
      path,
      document.errors.map((error) => syntaxProblem(error, lines, text)),
    )
  keepIdsAsWritten(document)
  const checked = checkConfiguration(plainData(document, path), document, lines)
  if ('file' in checked) return checked.file
  throw problemsError(path, checked.problems)
}

async function readText(path: string): Promise<string> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    throw new ConfigError(
      `${path} cannot be read (${code})`,
      { field: 'config', problem: 'missing' },
      { hint: 'Name another file with --config, or create one with: lingpai init' },
    )
  }
  if (bytes.length <= largestBytes) return bytes.toString('utf8')
  throw new ConfigError(`${path} is larger than 1 MiB`, { field: 'config', problem: 'malformed' })
}

/** Uses the parser's message without the part that may quote the file. */
function syntaxProblem({ code, message, pos }: YAMLError, lines: LineCounter, text: string): ConfigurationProblem {
  const { line } = lines.linePos(pos[0])
  return {
    field: '',
    text: `invalid YAML: ${wordsFor(code, text.split('\n')[line - 1]) ?? message.split(':')[0] ?? code}`,
    line,
  }
}

/** Returns a better message than the parser's for common mistakes. */
function wordsFor(code: string, line = ''): string | undefined {
  if (code === 'BAD_DQ_ESCAPE') return 'Invalid escape sequence'
  // In `cache: memory:`, or with a colon before a space, YAML reads the value as a key.
  const endsInColon = /^BLOCK_(AS_IMPLICIT_KEY|IN_FLOW)$/.test(code) && /:\s+[^\s'"].*:(\s|$)/.test(line)
  return endsInColon
    ? 'a value that ends with a colon, or has one before a space, must be quoted ("memory:")'
    : undefined
}

/** Converts the digits of ids to text: YAML would read `0012` as 12 and round long ones. */
function keepIdsAsWritten(document: Document): void {
  const idFields = new Set(providerNames.flatMap((name) => knownProviders[name].provider.spec.account))
  visit(document, {
    Pair: (_, { key, value }) => {
      const isId = isScalar(key) && idFields.has(String(key.value))
      if (isId && isScalar(value) && typeof value.value === 'number') value.value = value.source ?? String(value.value)
    },
  })
}

function plainData(document: Document, path: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown
  } catch {
    throw problemsError(path, [
      { field: '', text: 'invalid YAML: an alias is unknown or expands to too much', line: 1 },
    ])
  }
}

function problemsError(path: string, problems: readonly ConfigurationProblem[]): ConfigError {
  const file = basename(path)
  const text = problems.map(
    ({ line, field, text: words }) => `${file}:${line}: ${field === '' ? '' : `${field}: `}${words}`,
  )
  const [{ field } = { field: '' }] = problems
  return new ConfigError(text.join('\n'), { field, problem: 'malformed' }, { hint: `Edit ${path}` })
}
