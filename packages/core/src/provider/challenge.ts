/** The error in a `WWW-Authenticate` challenge, see RFC 6750 §3. */
export interface ChallengeError {
  readonly code: string
  readonly message: string
}

/** Longer headers are cut: a challenge with an error is short. */
const longestHeader = 4096

/** A scheme, or a parameter with its value in quotes or without them: RFC 9110 §11.2. */
const part = /([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/g

/** Returns the error of the first challenge of a scheme that names one. One header can hold several challenges. */
export function challengeError(header: string | null, scheme: string): ChallengeError | undefined {
  if (header === null) return undefined
  let isOurs = false
  let code = ''
  let message = ''
  for (const [, name = '', quoted, bare] of header.slice(0, longestHeader).matchAll(part)) {
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? bare
    if (value === undefined) {
      if (code !== '') break
      isOurs = name.toLowerCase() === scheme.toLowerCase()
      message = ''
    } else if (isOurs) {
      if (name.toLowerCase() === 'error') code = value
      if (name.toLowerCase() === 'error_description') message = value
    }
  }
  return code === '' ? undefined : { code, message }
}
