import type { ConnectionOptions } from 'node:tls'
import type { Clock } from '@lingpai/core'
import { configErrors } from '@lingpai/core/internal'

const bad = configErrors('redisCache')

/** Supported TLS options: certificates, keys, names and versions, as in Node's `tls.connect`. */
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

/** A client of `@redis/client` 5, `redis` 5 or 6: a single client, a cluster client or a sentinel client. */
export interface RedisClient {
  readonly isOpen: boolean
  /** Absent on cluster clients. */
  readonly isReady?: boolean
  /** Connects. */
  connect(): Promise<unknown>
  /** Runs a Lua script. */
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  /** Returns the server's time. */
  time(): Promise<unknown>
  /** Listens to a channel. */
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
  /** Adds an error listener. */
  on(event: 'error', listener: (error: unknown) => void): unknown
  /** Removes an error listener. */
  off(event: 'error', listener: (error: unknown) => void): unknown
  /** Terminates the connection. */
  destroy(): unknown
}

interface CommonOptions {
  /** Maximum duration of a call, including the connection, in milliseconds. @default 500 */
  readonly timeoutMs?: number
  /** @default the clock of this machine */
  readonly clock?: Clock
}

/** Options with a URL. */
export interface RedisCacheByUrl extends CommonOptions {
  /**
   * `redis://user:password@host:6379/0`, `rediss://…` with TLS, `redis+sentinel://host:26379,host:26379/<master name>/0`, or
   * `redis+cluster://host:6379,host:6379`; the last two also as `rediss+…`. User name and password must be percent-encoded.
   */
  readonly url: string
  /** User name, which overrides the one in `url`. */
  readonly username?: string
  /** Password, not percent-encoded, which overrides the one in `url`. */
  readonly password?: string
  /** User name for the sentinels. @default none */
  readonly sentinelUsername?: string
  /** Password for the sentinels. @default none */
  readonly sentinelPassword?: string
  /** TLS options for `rediss:`. @default Node's own */
  readonly tls?: RedisTlsOptions
}

/** Options with a client. */
export interface RedisCacheByClient extends CommonOptions {
  /** Closed with the cache only if it was not connected when it was passed. Create it with `disableOfflineQueue: true`. */
  readonly client: RedisClient
}

/** Options of `redisCache`. */
export type RedisCacheOptions = RedisCacheByUrl | RedisCacheByClient

/** Address of a server. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** User name and password. */
export interface Login {
  readonly username?: string
  readonly password?: string
}

/** A parsed URL. */
export interface RedisTarget {
  readonly kind: 'standalone' | 'sentinel' | 'cluster'
  readonly nodes: readonly Address[]
  readonly masterName: string
  readonly database: number
  readonly login: Login
  readonly sentinelLogin: Login
  readonly tls: RedisTlsOptions | undefined
  /** Maximum duration of a call. */
  readonly timeoutMs: number
  /** Name for error texts, without user and password. */
  readonly name: string
}

const defaultTimeoutMs = 500

const shape = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^/?#]*)@)?([^/?#@]*)((?:\/[^?#]*)?)(.*)$/s

/** @throws ConfigError naming the option, never its value */
export function readTarget(options: RedisCacheByUrl): RedisTarget {
  const { username, password, sentinelUsername, sentinelPassword, tls } = options
  const { scheme, kind, userInfo, hosts, path } = partsOf(options.url)
  const isTls = scheme === 'rediss'
  if (tls !== undefined && !isTls) throw bad('tls', 'requires a URL that begins with rediss:', 'conflict')
  const nodes = hosts.split(',').map((host) => addressFrom(host, kind === 'sentinel' ? 26379 : 6379))
  if (kind === 'standalone' && nodes.length > 1)
    throw bad('url', 'must name one server; several require redis+cluster: or redis+sentinel:')
  const segments = path.split('/').filter((segment) => segment !== '')
  const masterName = kind === 'sentinel' ? decoded(segments.shift() ?? '') : ''
  if (kind === 'sentinel' && masterName === '') throw bad('url', 'must name the master: redis+sentinel://host/<name>')
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
  if (url === '' || url === undefined) throw bad('url', 'must name a server', url === '' ? 'empty' : 'missing')
  const parts = typeof url === 'string' ? shape.exec(url.trim()) : null
  if (parts === null) throw bad('url', 'must begin with redis:, rediss:, redis+sentinel: or redis+cluster:')
  const [, scheme = '', mode, userInfo = '', hosts = '', path = '', rest = ''] = parts
  if (rest !== '')
    throw bad('url', 'must not have parameters, a fragment or a second @; percent-encode the password', 'unknown')
  return { scheme, kind: mode === 'sentinel' || mode === 'cluster' ? mode : 'standalone', userInfo, hosts, path }
}

/** Formats an address as `host:port`. */
function addressText({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** @throws ConfigError */
export function checkOptions(options: RedisCacheOptions): { readonly timeoutMs: number } {
  const given = options as unknown as Readonly<Record<string, unknown>> | null | undefined
  if (typeof given !== 'object' || given === null) throw bad('url', 'must name a server', 'missing')
  if ('client' in options) {
    if ('url' in options) throw bad('client', 'must not be combined with "url"', 'conflict')
    const client = options.client as unknown as Readonly<Record<string, unknown>> | null | undefined
    const isClient = typeof client === 'object' && client !== null
    if (!isClient || !['connect', 'eval', 'time', 'subscribe'].every((name) => typeof client[name] === 'function'))
      throw bad('client', 'must be a client of @redis/client or redis')
  }
  for (const field of ['username', 'password', 'sentinelUsername', 'sentinelPassword']) {
    if (given[field] !== undefined && typeof given[field] !== 'string') throw bad(field, 'must be a string')
  }
  const { timeoutMs = defaultTimeoutMs } = options
  if (!(Number.isFinite(timeoutMs) && timeoutMs > 0)) throw bad('timeoutMs', 'must be a positive number')
  return { timeoutMs }
}

function addressFrom(text: string, defaultPort: number): Address {
  const [, inBrackets, plain, port = String(defaultPort)] =
    /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+))(?::(\d+))?$/i.exec(text) ?? []
  const host = inBrackets ?? plain
  if (host === undefined || Number(port) < 1 || Number(port) > 65535)
    throw bad('url', 'must have servers of the form host:port')
  return { host, port: Number(port) }
}

function databaseFrom(segments: readonly string[], kind: RedisTarget['kind']): number {
  const [text = '0', ...more] = segments
  const database = Number(text)
  if (more.length > 0 || !/^\d+$/.test(text)) throw bad('url', 'must have the number of a database as its path')
  if (kind === 'cluster' && database !== 0)
    throw bad('url', 'must not name a database other than 0 for a cluster', 'conflict')
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
    throw bad('url', 'must have valid percent-encoding')
  }
}
