import type { Address, Login, RedisTarget, RedisTlsOptions } from './redis-options.js'

/** TCP and TLS of sentinels and cluster nodes must connect within this time, or within that of a call if it is longer. */
const connectTimeoutMs = 1000
/** The link of a node has its own time limit, which accounts for a suspended process; a socket's timer does not. */
const longestConnectMs = 10_000

/** Settings of every client: no queue of commands, and no automatic reconnect. */
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

/** Returns the settings for a node of the target; without an address, for any node. */
export function clientSettings(target: RedisTarget, address?: Address): ClientSettings {
  const { socket, ...settings } = settingsFor(target, target.login, address, target.database)
  const connectTimeout = address === undefined ? socket.connectTimeout : socket.connectTimeout + longestConnectMs
  return { ...settings, socket: { ...socket, connectTimeout } }
}

/** Returns the settings for a sentinel. */
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
    // A write that waits in a queue could be sent after another process has written a newer record.
    disableOfflineQueue: true,
    commandsQueueMaxLength: 10_000,
    maintNotifications: 'disabled',
    socket: {
      ...(tls !== undefined && { ...tls, tls: true }),
      ...address,
      connectTimeout: Math.max(connectTimeoutMs, timeoutMs),
      // The client's own reconnect timer would keep the process alive.
      reconnectStrategy: false,
    },
  }
}
