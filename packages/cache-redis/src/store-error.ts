import { isLingpaiError } from '@lingpai/core'

/** What to do about refusals that only a person can end. */
const hints: Readonly<Record<string, string>> = {
  WRONGPASS: 'Redis rejects the user name or the password: correct them',
  NOAUTH: 'Redis asks for a password: give one',
  NOPERM: 'Redis does not let this user do what the cache needs: give it the rights that the page about Redis lists',
  NODATABASE: 'Redis has no database of this number: correct it, or raise "databases" in redis.conf',
}

/** A failure of Redis or of the way to it. The core makes a `CacheError` of it. */
export class RedisStoreError extends Error {
  override readonly name = 'RedisStoreError'
  /** The system's code, Redis's own (`WRONGPASS`, `READONLY` …), or `ETIMEDOUT`. */
  readonly code: string
  /** `false` where waiting does not mend it; `hint` then says what does. */
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
  return Object.hasOwn(hints, codeOf(error))
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
      return 'a password is wanted (NOAUTH)'
    case 'NOPERM':
      return 'this user may not do what the cache needs (NOPERM)'
    case 'NODATABASE':
      return 'the server has no database of this number (NODATABASE)'
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
