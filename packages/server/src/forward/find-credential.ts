import type { IncomingHttpHeaders } from 'node:http'
import type { CallUrl, TokenPlace } from './call-target.js'
import { surrogatePrefix } from './surrogate.js'

/** A surrogate or a client key that a call carries as its token. */
export interface FoundCredential {
  readonly text: string
  readonly place: TokenPlace
}

/** `lpt_…`, or a client key with or without the name of an account: `lpk_…`, `lpk_…@shop`, `shop@lpk_…`. */
const credential = /^(?:lpt_|lpk_|[\w.-]{1,100}@lpk_)\S+$/

/** The id of a surrogate or of a client key, and something of its secret. */
const withSecret = /lpk_[0-9a-z]{10}_[\w-]|lpt_[0-9a-z]{10}\.[\w-]/

/** Whether a text contains a surrogate or a client key, or a part of one that tells its secret. */
export function containsCredential(text: string): boolean {
  return withSecret.test(text)
}

/** Tells most headers apart quickly. */
const mayHold = /lp[tk]_/

/** The value of a header: the token alone or after a scheme. */
const headerValue = /^(?:([!#$%&'*+.^_`|~\w-]+) +)?(\S+)$/

/** Finds the surrogates and client keys in the query and the headers of a call. */
export function credentialsIn(query: string, headers: IncomingHttpHeaders): readonly FoundCredential[] {
  const found: FoundCredential[] = []
  for (const pair of query.split('&')) {
    const [name, value] = splitPair(pair)
    const text = decoded(value)
    if (credential.test(text)) found.push({ text, place: { in: 'query', name: decoded(name) } })
  }
  for (const name in headers) {
    const value = String(headers[name])
    if (!mayHold.test(value)) continue
    const [, scheme, text = ''] = headerValue.exec(value) ?? []
    if (!credential.test(text)) continue
    found.push({ text, place: { in: 'header', name, ...(scheme !== undefined && { scheme }) } })
  }
  return found
}

/** Replaces the value of one parameter and leaves the rest of a query as it is. */
export function withParameter(query: string, name: string, value: string): string {
  const place = (pair: string): string => {
    const [spelled] = splitPair(pair)
    return decoded(spelled) === name ? `${spelled}=${encodeURIComponent(value)}` : pair
  }
  return query.split('&').map(place).join('&')
}

/** Whether a credential also stands in another place, where the platform would receive it. */
export function isSpelledElsewhere(
  { text, place }: FoundCredential,
  { path, query }: CallUrl,
  headers: IncomingHttpHeaders,
): boolean {
  const rest = place.in === 'query' ? withParameter(query, place.name, '') : query
  for (const part of [path, rest]) if (part.includes(text) || decoded(part).includes(text)) return true
  for (const name in headers) {
    const isItsPlace = place.in === 'header' && name === place.name
    if (!isItsPlace && String(headers[name]).includes(text)) return true
  }
  return false
}

/** Whether a text begins like a surrogate. */
export function isSurrogate(text: string): boolean {
  return text.startsWith(surrogatePrefix)
}

/** Whether a text begins like a surrogate or a client key. */
export function isCredential(text: string): boolean {
  return credential.test(text)
}

function splitPair(pair: string): readonly [name: string, value: string] {
  const end = pair.indexOf('=')
  return end < 0 ? [pair, ''] : [pair.slice(0, end), pair.slice(end + 1)]
}

function decoded(text: string): string {
  if (!/[%+]/.test(text)) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
