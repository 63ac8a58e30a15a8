import type { Address, Login, RedisTarget, RedisTlsOptions } from './redis-options.js'

/** TCP and TLS of sentinels and of a cluster's nodes must be up within this time, or within that of a call where it is longer. */
const connectTimeoutMs = 1000
/** A node's link has a bound of its own, which knows when the process stood still; a socket's timer does not. */
const longestConnectMs = 10_000

/** Settings of every client that we make: nothing waits in a queue, and nothing reconnects behind our back. */
export interface ClientSettings extends Login {
  readonly database?: number
  readonly disableOfflineQueue: true
  readonly commandsQueueMaxLength: number
  readonly maintNotifications: 'disabled'
  readonly socket: RedisTlsOptions & {
    readonly host?: string
    readonly port?: number
    readonly tls?: true
    readonly connectTimeout: number
    readonly reconnectStrategy: false
  }
}

/** How to reach a node of the target, or, without an address, any. */
export function clientSettings(target: RedisTarget, address?: Address): ClientSettings {
  const { socket, ...settings } = settingsFor(target, target.login, address, target.database)
  const connectTimeout = address === undefined ? socket.connectTimeout : socket.connectTimeout + longestConnectMs
  return { ...settings, socket: { ...socket, connectTimeout } }
}

/** How to reach a sentinel. */
export function sentinelSettings(target: RedisTarget, address: Address): ClientSettings {
  return settingsFor(target, target.sentinelLogin, address, 0)
}

function settingsFor(
  { tls, timeoutMs }: RedisTarget,
  login: Login,
  address: Address | undefined,
  database: number,
): ClientSettings {
  return {
    ...login,
    ...(database !== 0 && { database }),
    // A write that waited in a queue would be sent after others have written a newer one.
    disableOfflineQueue: true,
    commandsQueueMaxLength: 10_000,
    maintNotifications: 'disabled',
    socket: {
      ...(tls !== undefined && { ...tls, tls: true }),
      ...address,
      connectTimeout: Math.max(connectTimeoutMs, timeoutMs),
      // The client's own waiting would keep the process alive.
      reconnectStrategy: false,
    },
  }
}
