import type { AddressInfo } from 'node:net'
import { ConfigError } from '@lingpai/core'
import { fastify, type FastifyServerOptions } from 'fastify'
import { tokenServer } from './token-server.js'
import type { TokenServerOptions } from './token-server-options.js'

/** How a server of its own is started. */
export interface StartOptions extends TokenServerOptions {
  /** @default '127.0.0.1' */
  readonly host?: string
  /** @default 0, any free port */
  readonly port?: number
  /** PEM texts; absent: plain HTTP. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer }
  /** Which proxies in front may say who the client is: see fastify's `trustProxy`. @default false */
  readonly trustProxy?: boolean | string | readonly string[] | number
  /** pino's options, or `false`. @default false */
  readonly logger?: FastifyServerOptions['logger']
}

/** A running server. */
export interface RunningTokenServer {
  /** `http://127.0.0.1:4180` */
  readonly url: string
  /** Ends it in good order: what is under way is answered, streams end. The manager stays open. */
  close(): Promise<void>
}

/** Starts the central token server on an address of its own. @throws ConfigError for an address beyond loopback without keys */
export async function startTokenServer(options: StartOptions): Promise<RunningTokenServer> {
  const { host = '127.0.0.1', port = 0, tls, trustProxy = false, logger = false } = options
  if (!isLoopback(host) && options.keys.size === 0) {
    throw new ConfigError(
      `${host} can be reached by others, and there are no client keys`,
      { field: 'host', problem: 'conflict' },
      { hint: 'Make one: lingpai key create --role reader --accounts <names>' },
    )
  }
  const app = fastify({
    logger,
    disableRequestLogging: true,
    trustProxy: trustProxy as boolean,
    bodyLimit: 16 * 1024,
    return503OnClosing: false,
    ...(tls && { https: { cert: tls.cert, key: tls.key } }),
  } as FastifyServerOptions)
  await app.register(tokenServer, options)
  await app.listen({ host, port, backlog: 4096 })
  const { address, family, port: actual } = app.server.address() as AddressInfo
  const shown = family === 'IPv6' ? `[${address}]` : address
  return { url: `${tls === undefined ? 'http' : 'https'}://${shown}:${actual}`, close: () => app.close() }
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host)
}
