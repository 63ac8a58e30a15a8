import { isLingpaiError, type AnyLingpaiError } from '@lingpai/core'
import type { CommandIo, TextSink } from './command-io.js'
import { styles, type Styles } from './styles.js'

/** The output of the command. It masks all known secrets and tokens, except in `reveal`. */
export interface Output {
  readonly style: Styles
  /** Writes a line to standard output. */
  line(text?: string): void
  /** Writes an object to one line of standard output. */
  json(value: object): void
  /** Writes the token in full, as requested by the user. */
  reveal(token: string): void
  /** Writes a warning to standard error. */
  warn(text: string): void
  /** Writes a line for people to standard error, in addition to what a script reads on standard output. */
  note(text: string): void
  /** Writes `lingpai: <message>` for each line of the message, and the hint. */
  fail(error: Failure): void
  /** Masks a text in all later output. */
  hide(secret: string): void
  /** For help texts, which contain their own line ends. */
  readonly plain: { readonly out: (text: string) => void; readonly err: (text: string) => void }
}

/** A failure, for people and for `--json`. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly hint?: string
}

/** Shorter texts are not masked, because that would garble unrelated output. */
const shortestSecret = 6
const mask = '••••'

/** Creates the output to the given streams. */
export function openOutput({ stdout, stderr, env }: Pick<CommandIo, 'stdout' | 'stderr' | 'env'>): Output {
  const hidden = new Set<string>()
  const safe = (text: string): string => [...hidden].reduce((masked, secret) => masked.replaceAll(secret, mask), text)
  const out = (text: string): void => void stdout.write(safe(text))
  const err = (text: string): void => void stderr.write(safe(text))
  const onError = styles(hasColor(stderr, env))
  return {
    style: styles(hasColor(stdout, env)),
    line: (text = '') => {
      out(`${text}\n`)
    },
    json: (value) => {
      out(`${JSON.stringify(value)}\n`)
    },
    reveal: (token) => void stdout.write(`${token}\n`),
    warn: (text) => {
      err(`${onError.yellow('lingpai:')} ${text}\n`)
    },
    note: (text) => {
      err(`${text}\n`)
    },
    fail: ({ message, hint }) => {
      for (const line of message.split('\n')) err(`${onError.red('lingpai:')} ${line}\n`)
      if (hint !== undefined) err(`  hint: ${hint}\n`)
    },
    hide: (secret) => {
      if (secret.length >= shortestSecret) hidden.add(secret)
    },
    plain: { out, err },
  }
}

/** https://no-color.org: any non-empty value disables colors. */
function hasColor({ isTTY }: TextSink, env: CommandIo['env']): boolean {
  return isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
}

/** Converts an error to its output: never a stack, and for foreign errors only name, code and message. */
export function failureOf(error: unknown): Failure {
  if (isLingpaiError(error)) {
    const { code, message, hint } = error
    return { code, message, ...(hint !== undefined && { hint }), ...factsOf(error) }
  }
  const { name, code, message } = (typeof error === 'object' ? (error ?? {}) : {}) as Record<string, unknown>
  const text = typeof message === 'string' ? message : String(error)
  return {
    code: typeof code === 'string' ? code : 'ERR_LINGPAI_UNEXPECTED',
    message: typeof code === 'string' ? text : `unexpected ${typeof name === 'string' ? name : 'error'}: ${text}`,
  }
}

function factsOf(error: AnyLingpaiError): object {
  const { retryable, retryAtMs } = error
  const retry = { retryable, ...(retryAtMs !== undefined && { retryAtMs }) }
  return { ...retry, details: error.code === 'ERR_LINGPAI_CONFIG' ? error.details : { ...detailsOf(error) } }
}

function detailsOf(error: AnyLingpaiError): object {
  return 'details' in error ? error.details : {}
}
