import { isLingpaiError } from '@lingpai/core'

/** What to do about errors that only an operator can fix. */
const hints: Readonly<Record<string, string>> = {
  WRONGPASS: 'Redis rejects the user name or the password: check them',
  NOAUTH: 'Redis requires a password: set one',
  NOPERM:
    'Redis denies this user a command of the cache: grant it the permissions listed in the documentation of the Redis cache',
  NODATABASE: 'Redis has no database with this number: check the number, or raise "databases" in redis.conf',
}

/** A failure of Redis or of the connection to it. The core wraps it in a `CacheError`. */
export class RedisStoreError extends Error {
  override readonly name = 'RedisStoreError'
  /** The system's code, the code of Redis (`WRONGPASS`, `READONLY` …), or `ETIMEDOUT`. */
  readonly code: string
  /** `false` if waiting does not help; `hint` then says what does. */
  readonly retryable: boolean
  readonly hint?: string

  constructor(message: string, code: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    const hint = Object.hasOwn(hints, code) ? hints[code] : undefined
    this.code = code
    this.retryable = hint === undefined
    if (hint !== undefined) this.hint = hint
  }
}

/** Creates an error that says which server failed and how. `server` is an address without a password. */
export function storeError(server: string, error: unknown): Error {
  if (isLingpaiError(error) || isOurs(error)) return error
  const code = codeOf(error)
  return new RedisStoreError(`redis ${server}: ${textFor(code)}`, code, error)
}

function isOurs(error: unknown): error is RedisStoreError {
  return typeof error === 'object' && error !== null && (error as { name?: unknown }).name === 'RedisStoreError'
}

/** Creates the error of a response that did not arrive in time. */
export function timeoutError(server: string, timeoutMs: number): RedisStoreError {
  return new RedisStoreError(`redis ${server}: no response within ${timeoutMs} ms`, 'ETIMEDOUT')
}

/** Whether Redis rejects the credentials: retrying soon does not help. */
export function isRefusal(error: unknown): boolean {
  return Object.hasOwn(hints, codeOf(error))
}

/** Whether the server is no longer the master and needs a new connection. */
export function isReadOnly(error: unknown): boolean {
  return codeOf(error) === 'READONLY'
}

/** Whether the key has a value that is not a string. */
export function isWrongType(error: unknown): boolean {
  return codeOf(error) === 'WRONGTYPE'
}

/** Returns the system's code, or the first word of a Redis error. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'ERR'
  const { code, message, name, constructor } = error as Readonly<Record<string, unknown>>
  if (typeof code === 'string' && code !== '') return code
  const text = typeof message === 'string' ? message : ''
  // AUTH without a user name, and errors from inside a script, have no code at the start.
  if (/invalid password|invalid username-password/i.test(text)) return 'WRONGPASS'
  if (/DB index is out of range/i.test(text)) return 'NODATABASE'
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
      return 'a password is required (NOAUTH)'
    case 'NOPERM':
      return 'this user lacks a permission that the cache needs (NOPERM)'
    case 'NODATABASE':
      return 'the server has no database with this number (NODATABASE)'
    case 'READONLY':
      return 'the server is a read-only replica (READONLY)'
    case 'NOREPLICAS':
      return 'too few replicas to accept a write (NOREPLICAS)'
    case 'OOM':
      return 'the server is out of memory (OOM)'
    case 'ENOTCONN':
      return 'not connected'
    default:
      return `failed (${code})`
  }
}
