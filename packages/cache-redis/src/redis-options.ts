import type { ConnectionOptions } from 'node:tls'
import { ConfigError, type Clock } from '@lingpai/core'

/** What of TLS can be told: certificates, keys, names and versions, as Node's `tls.connect` takes them. */
export type RedisTlsOptions = Pick<
  ConnectionOptions,
  | 'ca'
  | 'cert'
  | 'key'
  | 'passphrase'
  | 'pfx'
  | 'servername'
  | 'rejectUnauthorized'
  | 'minVersion'
  | 'ciphers'
  | 'checkServerIdentity'
>

/** A client of `@redis/client` 5, `redis` 5 or 6: a single one, a cluster or a sentinel client. */
export interface RedisClient {
  readonly isOpen: boolean
  /** Absent on cluster clients. */
  readonly isReady?: boolean
  /** Connects. */
  connect(): Promise<unknown>
  /** Runs a Lua script. */
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  /** The server's clock. */
  time(): Promise<unknown>
  /** Listens to a channel. */
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
  /** Listens to errors. */
  on(event: 'error', listener: (error: unknown) => void): unknown
  /** Ends that listening. */
  off(event: 'error', listener: (error: unknown) => void): unknown
  /** Cuts the connection. */
  destroy(): unknown
}

interface CommonOptions {
  /** Longest that one call waits, connecting included, milliseconds. @default 500 */
  readonly timeoutMs?: number
  /** @default the clock of this machine */
  readonly clock?: Clock
}

/** Redis by its address. */
export interface RedisCacheByUrl extends CommonOptions {
  /**
   * `redis://user:password@host:6379/0`, `rediss://…` with TLS, `redis+sentinel://host:26379,host:26379/<master name>/0`,
   * `redis+cluster://host:6379,host:6379`; the last two also as `rediss+…`. User name and password percent-encoded.
   */
  readonly url: string
  /** Instead of the one in `url`. */
  readonly username?: string
  /** Instead of the one in `url`, and not encoded. */
  readonly password?: string
  /** User name at the sentinels. @default none */
  readonly sentinelUsername?: string
  /** Password at the sentinels. @default none */
  readonly sentinelPassword?: string
  /** For `rediss:`. @default Node's own */
  readonly tls?: RedisTlsOptions
}

/** Redis by a client of yours. */
export interface RedisCacheByClient extends CommonOptions {
  /** Is closed with the cache only if it was not connected when it was handed in. Give it `disableOfflineQueue: true`. */
  readonly client: RedisClient
}

/** Where Redis is. */
export type RedisCacheOptions = RedisCacheByUrl | RedisCacheByClient

/** One server. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** What to log in with. */
export interface Login {
  readonly username?: string
  readonly password?: string
}

/** An address, read. */
export interface RedisTarget {
  readonly kind: 'standalone' | 'sentinel' | 'cluster'
  readonly nodes: readonly Address[]
  readonly masterName: string
  readonly database: number
  readonly login: Login
  readonly sentinelLogin: Login
  readonly tls: RedisTlsOptions | undefined
  /** Longest that one call waits. */
  readonly timeoutMs: number
  /** For people: no user, no password. */
  readonly name: string
}

const defaultTimeoutMs = 500

const shape = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^/?#]*)@)?([^/?#@]*)((?:\/[^?#]*)?)(.*)$/s

/** @throws ConfigError naming the option; never what stands in it. */
export function readTarget(options: RedisCacheByUrl): RedisTarget {
  const { username, password, sentinelUsername, sentinelPassword, tls } = options
  const { scheme, kind, userInfo, hosts, path } = partsOf(options.url)
  const isTls = scheme === 'rediss'
  if (tls !== undefined && !isTls) throw bad('tls', 'is for a url of rediss:', 'conflict')
  const nodes = hosts.split(',').map((host) => addressFrom(host, kind === 'sentinel' ? 26379 : 6379))
  if (kind === 'standalone' && nodes.length > 1)
    throw bad('url', 'names several servers: that is for redis+cluster: and redis+sentinel:')
  const segments = path.split('/').filter((segment) => segment !== '')
  const masterName = kind === 'sentinel' ? decoded(segments.shift() ?? '') : ''
  if (kind === 'sentinel' && masterName === '') throw bad('url', 'lacks the master: redis+sentinel://host/<name>')
  const database = databaseFrom(segments, kind)
  const [user = '', secret = ''] = splitOnce(userInfo)
  return {
    kind,
    nodes,
    masterName,
    database,
    login: loginFrom(username ?? decoded(user), password ?? decoded(secret)),
    sentinelLogin: loginFrom(sentinelUsername, sentinelPassword),
    tls: isTls ? (tls ?? {}) : undefined,
    timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
    name: `${scheme}${kind === 'standalone' ? '' : `+${kind}`}://${nodes.map(addressText).join(',')}${path}`,
  }
}

interface UrlParts {
  readonly scheme: string
  readonly kind: RedisTarget['kind']
  readonly userInfo: string
  readonly hosts: string
  readonly path: string
}

function partsOf(url: unknown): UrlParts {
  if (url === '' || url === undefined) throw bad('url', 'names no server', url === '' ? 'empty' : 'missing')
  const parts = typeof url === 'string' ? shape.exec(url.trim()) : null
  if (parts === null) throw bad('url', 'is to begin with redis:, rediss:, redis+sentinel: or redis+cluster:')
  const [, scheme = '', mode, userInfo = '', hosts = '', path = '', rest = ''] = parts
  if (rest !== '')
    throw bad('url', 'has parameters, a fragment or an @ too many; percent-encode the password', 'unknown')
  return { scheme, kind: mode === 'sentinel' || mode === 'cluster' ? mode : 'standalone', userInfo, hosts, path }
}

/** `host:port`, as people write it. */
function addressText({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** @throws ConfigError */
export function checkOptions(options: RedisCacheOptions): { readonly timeoutMs: number } {
  const given = options as unknown as Readonly<Record<string, unknown>> | null | undefined
  if (typeof given !== 'object' || given === null) throw bad('url', 'names no server', 'missing')
  if ('client' in options) {
    if ('url' in options) throw bad('client', 'stands beside a url: give one of them', 'conflict')
    const client = options.client as unknown as Readonly<Record<string, unknown>> | null | undefined
    const isClient = typeof client === 'object' && client !== null
    if (!isClient || !['connect', 'eval', 'time', 'subscribe'].every((name) => typeof client[name] === 'function'))
      throw bad('client', 'is no client of @redis/client or redis')
  }
  for (const field of ['username', 'password', 'sentinelUsername', 'sentinelPassword']) {
    if (given[field] !== undefined && typeof given[field] !== 'string') throw bad(field, 'is no text')
  }
  const { timeoutMs = defaultTimeoutMs } = options
  if (!(Number.isFinite(timeoutMs) && timeoutMs > 0)) throw bad('timeoutMs', 'is to be above 0 milliseconds')
  return { timeoutMs }
}

function addressFrom(text: string, defaultPort: number): Address {
  const [, inBrackets, plain, port = String(defaultPort)] =
    /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+))(?::(\d+))?$/i.exec(text) ?? []
  const host = inBrackets ?? plain
  if (host === undefined || Number(port) < 1 || Number(port) > 65535)
    throw bad('url', 'has a server that is no host:port')
  return { host, port: Number(port) }
}

function databaseFrom(segments: readonly string[], kind: RedisTarget['kind']): number {
  const [text = '0', ...more] = segments
  const database = Number(text)
  if (more.length > 0 || !/^\d+$/.test(text)) throw bad('url', 'has a path that is no number of a database')
  if (kind === 'cluster' && database !== 0)
    throw bad('url', 'names a database, and a cluster has only number 0', 'conflict')
  return database
}

function loginFrom(username: string | undefined, password: string | undefined): Login {
  return {
    ...(username !== undefined && username !== '' && { username }),
    ...(password !== undefined && password !== '' && { password }),
  }
}

function splitOnce(userInfo: string): readonly string[] {
  const at = userInfo.indexOf(':')
  return at < 0 ? [userInfo] : [userInfo.slice(0, at), userInfo.slice(at + 1)]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw bad('url', 'has a % that is no percent-encoding')
  }
}

function bad(
  field: string,
  words: string,
  problem: 'missing' | 'empty' | 'malformed' | 'unknown' | 'conflict' = 'malformed',
): ConfigError {
  return new ConfigError(`redisCache: ${field} ${words}`, { field, problem })
}
