import { isLingpaiError } from '@lingpai/core'

/** A failure of Redis or of the way to it. The core makes a `CacheError` of it. */
export class RedisStoreError extends Error {
  override readonly name = 'RedisStoreError'
  /** The system's code, Redis's own (`WRONGPASS`, `READONLY` …), or `ETIMEDOUT`. */
  readonly code: string

  constructor(message: string, code: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}

/** Says which server failed and how. `server` is an address without a password. */
export function storeError(server: string, error: unknown): Error {
  if (isLingpaiError(error) || isOurs(error)) return error
  const code = codeOf(error)
  return new RedisStoreError(`redis ${server}: ${textFor(code)}`, code, error)
}

function isOurs(error: unknown): error is RedisStoreError {
  return typeof error === 'object' && error !== null && (error as { name?: unknown }).name === 'RedisStoreError'
}

/** No answer within the time that was allowed. */
export function timeoutError(server: string, timeoutMs: number): RedisStoreError {
  return new RedisStoreError(`redis ${server}: no answer within ${timeoutMs} ms`, 'ETIMEDOUT')
}

/** Whether Redis refuses who we are: trying again soon changes nothing. */
export function isRefusal(error: unknown): boolean {
  return ['WRONGPASS', 'NOAUTH', 'NOPERM'].includes(codeOf(error))
}

/** Whether the server is no longer the master, which its connection has to be made anew for. */
export function isReadOnly(error: unknown): boolean {
  return codeOf(error) === 'READONLY'
}

/** Whether the key holds something that is no text. */
export function isWrongType(error: unknown): boolean {
  return codeOf(error) === 'WRONGTYPE'
}

/** The system's code, or the word that Redis begins its refusals with. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'ERR'
  const { code, message, name, constructor } = error as Readonly<Record<string, unknown>>
  if (typeof code === 'string' && code !== '') return code
  const text = typeof message === 'string' ? message : ''
  // A refusal that met AUTH without a user name, and one from inside a script.
  if (/invalid password|invalid username-password/i.test(text)) return 'WRONGPASS'
  const word = /^-?([A-Z][A-Z]+)\b/.exec(text)?.[1] ?? 'ERR'
  if (word !== 'ERR') return word
  if (typeof constructor === 'function' && /^Client(Offline|Closed)Error$/.test(constructor.name)) return 'ENOTCONN'
  return name === 'AggregateError' ? 'ECONNREFUSED' : 'ERR'
}

function textFor(code: string): string {
  switch (code) {
    case 'WRONGPASS':
      return 'the user name or password is wrong (WRONGPASS)'
    case 'NOAUTH':
      return 'a password is wanted (NOAUTH)'
    case 'NOPERM':
      return 'this user may not do what the cache needs (NOPERM)'
    case 'READONLY':
      return 'the server is a read-only replica (READONLY)'
    case 'NOREPLICAS':
      return 'too few replicas to accept a write (NOREPLICAS)'
    case 'OOM':
      return 'the memory of the server is full (OOM)'
    case 'ENOTCONN':
      return 'not connected'
    default:
      return `failed (${code})`
  }
}
