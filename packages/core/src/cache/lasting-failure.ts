import { redact } from '../secrecy/redact.js'

/** Why waiting cannot solve a store's failure. */
export interface LastingFailure {
  readonly hint: string
}

const notAllowed = 'the user of this process may not read and write there: correct the owner or the mode of the path'
const otherThing = 'something else stands at the path of the cache: name another path, or move that away'

/** Hints for file system errors that only a person can solve. */
const hints: Readonly<Record<string, string>> = {
  EACCES: notAllowed,
  EPERM: notAllowed,
  EROFS: 'the file system is mounted read-only: name a path on another one',
  ENOTDIR: otherThing,
  EISDIR: otherThing,
  ELOOP: 'the path of the cache is a loop of symbolic links',
  ENAMETOOLONG: 'the path of the cache is too long',
}

/**
 * Whether waiting cannot solve a store's error: it has a file system code, or an adapter set `retryable: false` and a
 * `hint`.
 *
 * @param known tokens that the error may quote
 */
export function lastingFailure(error: unknown, known: readonly string[] = [], depth = 0): LastingFailure | undefined {
  if (typeof error !== 'object' || error === null || depth > 2) return undefined
  const { retryable, hint, code, cause } = error as Readonly<Record<string, unknown>>
  if (retryable === false && typeof hint === 'string') return { hint: redact(hint, known) }
  const text = typeof code === 'string' && Object.hasOwn(hints, code) ? hints[code] : undefined
  return text === undefined ? lastingFailure(cause, known, depth + 1) : { hint: text }
}
