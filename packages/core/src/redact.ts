const mask = '***'

/** Names whose values are secret wherever they stand in a URL, a form or a JSON text. */
const secretNames =
  /(["']?\b(?:[a-z]*_?secret|[a-z_]*access_?token|[a-z_]*refresh_?token|[a-z]*_?ticket|permanent_code|authorization|password)\b["']?\s*[=:]\s*["']?(?:(?:bearer|basic|qqbot)\s+)?)([^"'&\s,;}]+)/gi

/** Masks the known secrets, in every spelling they can have in a URL or a JSON text, and whatever stands behind a secret's name. */
export function redact(text: string, known: readonly string[] = []): string {
  let masked = text
  for (const secret of known) {
    for (const spelling of spellingsOf(secret)) masked = masked.replaceAll(spelling, mask)
  }
  return masked.replace(secretNames, `$1${mask}`)
}

function spellingsOf(secret: string): ReadonlySet<string> {
  if (secret.length < 3) return new Set()
  const encoded = encodeURIComponent(secret.toWellFormed())
  return new Set([secret, encoded, encoded.replaceAll('%20', '+'), JSON.stringify(secret).slice(1, -1)])
}

/** How deep a chain of causes is followed. */
const deepestCause = 5

/** A copy of a cause that is safe to print: name, code and masked message, and the same of its own causes. */
export function scrubCause(cause: unknown, known: readonly string[] = [], depth = 0): unknown {
  if (cause === undefined || depth >= deepestCause) return undefined
  if (typeof cause !== 'object' || cause === null) return redact(String(cause), known)
  const { name, message, code, cause: inner } = cause as Record<string, unknown>
  const text = typeof message === 'string' ? message : 'no message'
  const innerCause = scrubCause(inner, known, depth + 1)
  const safe = new ScrubbedCause(redact(text, known), innerCause === undefined ? undefined : { cause: innerCause })
  safe.name = typeof name === 'string' ? redact(name, known) : 'Error'
  if (typeof code === 'string' || typeof code === 'number') safe.code = code
  return safe
}

/** What is left of a foreign error once nothing secret can be in it. */
class ScrubbedCause extends Error {
  code?: string | number
}
