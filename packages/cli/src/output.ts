import { isLingpaiError, type AnyLingpaiError } from '@lingpai/core'
import type { CommandIo, TextSink } from './command-io.js'
import { styles, type Styles } from './styles.js'

/** What the command says. Secrets and tokens that it was told of never get through, except by `reveal`. */
export interface Output {
  readonly style: Styles
  /** A line on standard output. */
  line(text?: string): void
  /** One object, on one line of standard output. */
  json(value: object): void
  /** The token in full, as the user asked for. */
  reveal(token: string): void
  /** A remark on standard error. */
  warn(text: string): void
  /** A line for people on standard error, beside what a script reads on standard output. */
  note(text: string): void
  /** `lingpai: <message>` for each line of the message, and a line with what to do. */
  fail(error: Failure): void
  /** Text that is to be masked wherever it would appear from now on. */
  hide(secret: string): void
  /** For help texts, which come with their own line ends. */
  readonly plain: { readonly out: (text: string) => void; readonly err: (text: string) => void }
}

/** What went wrong, for people and for `--json`. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly hint?: string
}

/** Shorter texts are no secrets, and masking them would garble everything. */
const shortestSecret = 6
const mask = '••••'

/** Output over the given streams. */
export function openOutput({ stdout, stderr, env }: Pick<CommandIo, 'stdout' | 'stderr' | 'env'>): Output {
  const hidden = new Set<string>()
  const safe = (text: string): string => [...hidden].reduce((masked, secret) => masked.replaceAll(secret, mask), text)
  const out = (text: string): void => void stdout.write(safe(text))
  const err = (text: string): void => void stderr.write(safe(text))
  const onError = styles(hasColour(stderr, env))
  return {
    style: styles(hasColour(stdout, env)),
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

/** https://no-color.org: any value but the empty one switches colour off. */
function hasColour({ isTTY }: TextSink, env: CommandIo['env']): boolean {
  return isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
}

/** What is told of an error: never a stack, and of foreign errors only name, code and message. */
export function failureOf(error: unknown): Failure {
  if (isLingpaiError(error)) {
    const { code, message, hint } = error
    return { code, message, ...(hint !== undefined && { hint }), ...factsOf(error) }
  }
  const { name, code, message } = (typeof error === 'object' ? (error ?? {}) : {}) as Record<string, unknown>
  const words = typeof message === 'string' ? message : String(error)
  return {
    code: typeof code === 'string' ? code : 'ERR_LINGPAI_UNEXPECTED',
    message: typeof code === 'string' ? words : `unexpected ${typeof name === 'string' ? name : 'error'}: ${words}`,
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
