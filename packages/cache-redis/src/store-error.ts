import { isLingpaiError } from '@lingpai/core'
import { networkFault } from '@lingpai/core/internal'

interface Advice {
  readonly hint: string
  /** Whether the failure may pass without an operator, for example after a failover. */
  readonly passes: boolean
}

const rejectedCertificate: Advice = {
  hint: 'the TLS certificate of Redis was rejected: set "tls.ca" or NODE_EXTRA_CA_CERTS if a private authority signed it; otherwise check the host name and the expiry date',
  passes: false,
}

/** What to do about the errors that an operator can fix. */
const advices: Readonly<Record<string, Advice>> = {
  WRONGPASS: { hint: 'Redis rejects the user name or the password: check them', passes: false },
  NOAUTH: { hint: 'Redis requires a password, and none is set', passes: false },
  NOPERM: {
    hint: 'Redis denies this user a command of the cache: grant it the permissions listed in the documentation of the Redis cache',
    passes: false,
  },
  NODATABASE: {
    hint: 'Redis has no database with this number: check the number, or raise "databases" in redis.conf',
    passes: false,
  },
  NOTREDIS: {
    hint: 'The server at this address is not Redis, or expects TLS: check the address, and use rediss: for TLS',
    passes: false,
  },
  READONLY: {
    hint: 'This server is a replica: name the master, or let redis+sentinel: find it',
    passes: true,
  },
  OOM: {
    hint: 'Redis is out of memory: raise "maxmemory", or choose a "maxmemory-policy" that evicts keys',
    passes: true,
  },
  ECONNRESET: {
    hint: 'Redis closes the connection: use rediss: if it expects TLS, and check "protected-mode", "bind" and "maxclients" in redis.conf',
    passes: true,
  },
}

function adviceFor(code: string, cause: unknown): Advice | undefined {
  if (networkFault(cause).problem === 'certificate') return rejectedCertificate
  return Object.hasOwn(advices, code) ? advices[code] : undefined
}

/** A failure of Redis or of the connection to it. The core wraps it in a `CacheError`. */
export class RedisStoreError extends Error {
  override readonly name = 'RedisStoreError'
  /** The system's code, the code of Redis (`WRONGPASS`, `READONLY` …), or `ETIMEDOUT`. */
  readonly code: string
  /** `false` if waiting does not help. */
  readonly retryable: boolean
  /** What to do. Always set if waiting does not help. */
  readonly hint?: string

  constructor(message: string, code: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    const advice = adviceFor(code, cause)
    this.code = code
    this.retryable = advice?.passes ?? true
    if (advice !== undefined) this.hint = advice.hint
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

/** Whether the server rejects this client, or this client the server: retrying soon does not help. */
export function isRefusal(error: unknown): boolean {
  return adviceFor(codeOf(error), error)?.passes === false
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
  if (/^Unknown RESP type/.test(text)) return 'NOTREDIS'
  const word = /^-?([A-Z][A-Z]+)\b/.exec(text)?.[1] ?? 'ERR'
  if (word !== 'ERR') return word
  const kind = typeof constructor === 'function' ? constructor.name : ''
  if (/^Client(Offline|Closed)Error$/.test(kind)) return 'ENOTCONN'
  if (kind === 'SocketClosedUnexpectedlyError') return 'ECONNRESET'
  if (kind === 'RootNodesUnavailableError') return 'ENOCLUSTER'
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
    case 'NOTREDIS':
      return 'the server does not speak the protocol of Redis (NOTREDIS)'
    case 'ECONNRESET':
      return 'the server closed the connection (ECONNRESET)'
    case 'ENOCLUSTER':
      return 'no server is reachable and part of a cluster (ENOCLUSTER)'
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
