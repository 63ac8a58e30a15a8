import { printable } from './printable.js'

const mask = '***'

/** Names whose values are secret wherever they stand in a URL, a form or a JSON text, also in one that stands in a text itself. */
const secretNames =
  /(\b(?:[a-z]*_?secret|[a-z_]*access_?token|[a-z_]*refresh_?token|[a-z]*_?ticket|permanent_code|authorization|password)\b\\*["']?\s*[=:]\s*\\*["']?(?:(?:bearer|basic|qqbot)\s+)?)([^"'&\s,;}\\]+)/gi

/** Masks the known secrets, in every spelling they can have in a URL or a JSON text, and whatever stands behind a secret's name. */
export function redact(text: string, known: readonly string[] = []): string {
  return maskKnown(text, known).replace(secretNames, `$1${mask}`)
}

/** Masks the known secrets alone, in every spelling they can have in a URL or a JSON text. */
export function maskKnown(text: string, known: readonly string[]): string {
  let masked = text
  for (const spelling of known.flatMap(spellingsOf)) masked = masked.replaceAll(spelling, mask)
  return masked
}

function spellingsOf(secret: string): readonly string[] {
  // Masking every `a` would hide nothing and spoil everything.
  if (secret.length < 3) return []
  const encoded = encodeURIComponent(secret.toWellFormed())
  const inForm = new URLSearchParams([['', secret]]).toString().slice(1)
  const inJson = JSON.stringify(secret).slice(1, -1)
  const strict = encoded.replace(/[!'()*~]/g, percent)
  const escapes = [encoded, inForm, strict, encoded.replaceAll("'", '%27'), encoded.replaceAll('%20', '+')]
  return [
    ...new Set([secret, inJson, asciiOnly(inJson), ...escapes, ...escapes.map(withSmallDigits)]),
    // The longest first: where one spelling is part of another, no rest of that is left.
  ].sort((a, b) => b.length - a.length)
}

function asciiOnly(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}

function withSmallDigits(escaped: string): string {
  return escaped.replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase())
}

/** Whether a text holds a secret, in any spelling. */
export function spells(text: string, secret: string): boolean {
  return spellingsOf(secret).some((spelling) => text.includes(spelling))
}

/** How deep a chain of causes is followed. */
const deepestCause = 5

/** A copy of a cause that is safe to print: name, code and masked message, and the same of its own causes. */
export function scrubCause(cause: unknown, known: readonly string[] = [], depth = 0): unknown {
  if (cause === undefined || depth >= deepestCause) return undefined
  const clean = (text: string): string => printable(redact(text, known))
  if (typeof cause === 'string') return clean(cause)
  if (typeof cause !== 'object' || cause === null) return `a thrown ${cause === null ? 'null' : typeof cause}`
  const [name, message, code, inner] = ['name', 'message', 'code', 'cause'].map((field) => memberOf(cause, field))
  const innerCause = scrubCause(inner, known, depth + 1)
  const options = innerCause === undefined ? undefined : { cause: innerCause }
  const safe = new ScrubbedCause(clean(wordsOf(name, message)), options)
  safe.name = typeof name === 'string' ? clean(name) : 'Error'
  if (typeof code === 'number') safe.code = code
  if (typeof code === 'string') safe.code = clean(code)
  return safe
}

function wordsOf(name: unknown, message: unknown): string {
  // What a parser complains about, it quotes: a piece of a record may be a piece of a token.
  if (name === 'SyntaxError') return 'no such syntax'
  return typeof message === 'string' ? message : 'no message'
}

/** A member of a foreign object, whose getters may throw. */
function memberOf(object: object, field: string): unknown {
  try {
    return (object as Readonly<Record<string, unknown>>)[field]
  } catch {
    return undefined
  }
}

/** What is left of a foreign error once nothing secret can be in it. */
class ScrubbedCause extends Error {
  declare code?: string | number
}
