import { findSecrets } from './find-secrets.js'
import { printable } from './printable.js'

const mask = '***'

/** Longer messages are cut, because the search takes time in proportion to their length. */
const longestText = 16_384

/** Names whose values are secret in a URL, a form or a JSON text, also within another text. */
const secretName =
  /(\b(?:[a-z]*_?secret|[a-z_]*access_?token|[a-z_]*refresh_?token|[a-z]*_?ticket|permanent_code|authorization|password)\b\\*["']?\s*[=:]\s*)/
    .source
const scheme = /((?:bearer|basic|qqbot)\s+)?/.source

/** A value in quotes, which may contain spaces. */
const quotedSecrets = new RegExp(`${secretName}(\\\\*(["']))${scheme}(?:(?!\\3).){1,300}?(?=\\\\*\\3)`, 'gi')

/** A value that ends at the first space or separator. */
const namedSecrets = new RegExp(`${secretName}(\\\\*["']?)${scheme}[^"'&\\s,;}\\\\]+`, 'gi')

/** User and password of a URL, for example of a proxy or a store. */
const userInfo = /:\/\/[^\s/?#"'<>]*@/g

/** Masks the known secrets in every spelling, the values of secret names, and user and password of URLs. */
export function redact(text: string, known: readonly string[] = []): string {
  const shown = text.length > longestText ? `${text.slice(0, longestText)}…` : text
  return maskKnown(shown, known)
    .replace(quotedSecrets, `$1$2$4${mask}`)
    .replace(namedSecrets, `$1$2$3${mask}`)
    .replace(userInfo, `://${mask}@`)
}

/** Masks only the known secrets and pieces of them, in every spelling that `findSecrets` knows. */
export function maskKnown(text: string, known: readonly string[]): string {
  let masked = ''
  let end = 0
  for (const [from, to] of findSecrets(text, known)) {
    masked += text.slice(end, from) + mask
    end = to
  }
  return masked + text.slice(end)
}

/** Whether a text contains a secret or a piece of it, in any spelling. */
export function spells(text: string, secret: string): boolean {
  return findSecrets(text, [secret]).length > 0
}

/** Longest chain of causes that is copied. */
const deepestCause = 5

/**
 * Copies a cause so that it is safe to print: name, code, digest and masked message, and the same of its own causes.
 */
export function scrubCause(cause: unknown, known: readonly string[] = [], depth = 0): unknown {
  if (cause === undefined || depth >= deepestCause) return undefined
  const clean = (text: string): string => printable(redact(text, known))
  if (typeof cause === 'string') return clean(cause)
  if (typeof cause !== 'object' || cause === null) return `a thrown ${cause === null ? 'null' : typeof cause}`
  const [name, message, code, digest, inner] = ['name', 'message', 'code', 'digest', 'cause'].map((field) =>
    memberOf(cause, field),
  )
  const innerCause = scrubCause(inner, known, depth + 1)
  const options = innerCause === undefined ? undefined : { cause: innerCause }
  const safe = new ScrubbedCause(clean(wordsOf(name, message)), options)
  safe.name = typeof name === 'string' ? clean(name) : 'Error'
  if (typeof code === 'number') safe.code = code
  if (typeof code === 'string') safe.code = clean(code)
  // React and Next.js recognise their own errors by the digest.
  if (typeof digest === 'string') safe.digest = clean(digest)
  return safe
}

function wordsOf(name: unknown, message: unknown): string {
  // A parser quotes the text that it rejects, and a piece of a record may be a piece of a token.
  if (name === 'SyntaxError') return 'no such syntax'
  return typeof message === 'string' ? message : 'no message'
}

/** Reads a member of a foreign object, whose getters may throw. */
function memberOf(object: object, field: string): unknown {
  try {
    return (object as Readonly<Record<string, unknown>>)[field]
  } catch {
    return undefined
  }
}

/** The printable copy of a foreign error, without secrets. */
class ScrubbedCause extends Error {
  declare code?: string | number
  declare digest?: string
}
