/** A piece of a secret this long is masked, too: a text may have been cut inside the secret. */
const pieceLength = 8
/** Number of whole base64 characters that eight bytes fill at any offset. */
const base64PieceLength = 9
/** A shorter spelling occurs in too many texts by chance. */
const shortestBase64 = 4
const base64Character = /[A-Za-z0-9+/_-]/

/** A range of a text; the end is exclusive. */
export type Span = readonly [start: number, end: number]

/** A spelling of a secret, and the length from which on a piece of it counts. */
interface Spelling {
  readonly text: string
  readonly least: number
  readonly isBase64?: boolean
}

/**
 * Finds secrets and pieces of them in a text: verbatim, escaped for URLs, forms, HTML and JSON (once or twice), in base64 and
 * base64url at any offset, also of the text escaped for a form (the Basic header of OAuth 2), and in hexadecimal digits. Takes
 * time in proportion to the lengths of text and secrets.
 */
export function findSecrets(text: string, secrets: readonly string[]): readonly Span[] {
  const found: Span[] = []
  // Masking every `a` would hide nothing and make texts unreadable.
  const spellings = secrets.filter((secret) => secret.length >= 3).flatMap((secret) => spellingsOf(secret, text))
  for (const [length, pieces] of piecesByLength(spellings)) {
    for (let start = 0; start + length <= text.length; start += 1) {
      const end = start + length
      const isBase64 = pieces.get(text.slice(start, end))
      if (isBase64 === undefined) continue
      // The characters on both sides may contain bits of the secret, too.
      const isMore = (at: number): boolean => isBase64 && base64Character.test(text.charAt(at))
      found.push([isMore(start - 1) ? start - 1 : start, isMore(end) ? end + 1 : end])
    }
  }
  return merged(found)
}

/** All pieces of the least length of all spellings, by that length. */
function piecesByLength(spellings: readonly Spelling[]): ReadonlyMap<number, ReadonlyMap<string, boolean>> {
  const byLength = new Map<number, Map<string, boolean>>()
  for (const { text, least, isBase64 = false } of spellings) {
    const length = Math.min(least, text.length)
    const pieces = byLength.get(length) ?? new Map<string, boolean>()
    byLength.set(length, pieces)
    for (let start = 0; start + length <= text.length; start += 1)
      pieces.set(text.slice(start, start + length), isBase64)
  }
  return byLength
}

function merged(spans: readonly Span[]): readonly Span[] {
  const result: [number, number][] = []
  for (const [start, end] of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = result.at(-1)
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end)
    else result.push([start, end])
  }
  return result
}

function spellingsOf(secret: string, text: string): readonly Spelling[] {
  const once = escapesOf(secret)
  const escaped = [...new Set([secret, ...once, ...once.flatMap(escapesOf)])]
  const bytes = new TextEncoder().encode(secret)
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  // Few texts contain hexadecimal digits at all.
  const isHexThere = /[0-9a-f]{6}/i.test(text)
  return [
    ...escaped.map((spelling) => ({ text: spelling, least: pieceLength })),
    ...[...new Set([secret, inForm(secret)])]
      .flatMap(base64Of)
      .map((spelling) => ({ text: spelling, least: base64PieceLength, isBase64: true })),
    ...(isHexThere ? [hex, hex.toUpperCase()].map((spelling) => ({ text: spelling, least: 2 * pieceLength })) : []),
  ]
}

/** The spellings of quotes by the escape functions for HTML of PHP, Python, Go and JavaScript. */
const quotesInHtml = [
  ['"', "'"],
  ['&quot;', "'"],
  ['&quot;', '&#39;'],
  ['&quot;', '&#039;'],
  ['&quot;', '&#x27;'],
  ['&#34;', '&#39;'],
] as const

/** The spellings in HTML, such as the error page of a proxy that quotes the request. */
function inHtml(text: string): readonly string[] {
  const plain = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return quotesInHtml.map(([double, single]) => plain.replaceAll('"', double).replaceAll("'", single))
}

/** The spellings in URLs, forms, HTML and JSON texts of a text that needs escaping. */
function escapesOf(text: string): readonly string[] {
  const encoded = encodeURIComponent(text.toWellFormed())
  const inJson = JSON.stringify(text).slice(1, -1)
  const strict = encoded.replace(/[!'()*~]/g, percent)
  const escapes = [encoded, inForm(text), strict, encoded.replaceAll("'", '%27'), encoded.replaceAll('%20', '+')]
  return [...new Set([inJson, asciiOnly(inJson), ...inHtml(text), ...escapes, ...escapes.map(withSmallDigits)])]
}

/** The spelling in a form. */
function inForm(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
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

/**
 * The base64 characters that depend on the bytes alone, at each of the three offsets at which the bytes can start in a
 * longer text.
 */
function base64Of(text: string): readonly string[] {
  const bytes = new TextEncoder().encode(text)
  const spellings = [0, 1, 2].map((offset) => {
    const shifted = String.fromCharCode(...new Uint8Array(offset), ...bytes)
    const first = Math.ceil((offset * 8) / 6)
    return btoa(shifted).slice(first, Math.floor((shifted.length * 8) / 6))
  })
  const urlSafe = spellings.map((spelling) => spelling.replaceAll('+', '-').replaceAll('/', '_'))
  return [...new Set([...spellings, ...urlSafe])].filter((spelling) => spelling.length >= shortestBase64)
}
