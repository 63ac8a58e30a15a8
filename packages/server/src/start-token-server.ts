import type { Server as HttpsServer } from 'node:https'
import { isIP, type AddressInfo } from 'node:net'
import { ConfigError } from '@lingpai/core'
import { fastify, type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { boundConnections } from './connections.js'
import { nodeSettings, serverMembers, serverSettings, tlsSettings } from './server-settings.js'
import { tokenServer } from './token-server.js'
import type { TokenServerOptions } from './token-server-options.js'

/** How a server of its own is started. */
export interface StartOptions extends TokenServerOptions {
  /** @default '127.0.0.1' */
  readonly host?: string
  /** @default 0, any free port */
  readonly port?: number
  /** Absent: plain HTTP. */
  readonly tls?: TlsFiles
  /** Which proxies in front may say who the client is: addresses and networks, or `true` for any peer. @default false */
  readonly trustProxy?: boolean | string | readonly string[]
  /** Listens beyond loopback without TLS, for a proxy in front that does it. @default false */
  readonly allowPlainHttp?: boolean
  /** pino's options. @default silent */
  readonly logger?: FastifyServerOptions['logger']
  /** How long what is under way may take once the server ends, milliseconds. @default 4000 */
  readonly drainMs?: number
}

/** A certificate, with those that lead to a known one, and its key; both PEM. */
export interface TlsFiles {
  readonly cert: string | Buffer
  readonly key: string | Buffer
}

/** A running server. */
export interface RunningTokenServer {
  /** `http://127.0.0.1:4180` */
  readonly url: string
  readonly app: FastifyInstance
  /** Another certificate for connections from now on. @throws ConfigError for one that is none, or where there is no TLS */
  setTls(files: TlsFiles): void
  /**
   * Ends it in good order: nothing new is let in, what is under way is answered, streams end. The manager and the keys stay the
   * caller's to close.
   */
  close(): Promise<void>
}

/**
 * Starts the central token server on an address of its own.
 *
 * @throws ConfigError for an address beyond loopback without client keys, one that is taken, a certificate that is none
 */
export async function startTokenServer(options: StartOptions): Promise<RunningTokenServer> {
  const { host = '127.0.0.1', port = 0, tls, trustProxy = false, logger = false, drainMs = 4000 } = options
  assertGuarded(host, options)
  assertProxies(trustProxy)
  const proxies = typeof trustProxy === 'object' ? [...trustProxy] : trustProxy
  const app = makeApp({ ...serverSettings, logger: withRedaction(logger), trustProxy: proxies }, tls)
  Object.assign(app.server, serverMembers)
  const connections = boundConnections({ app, drainMs })
  await app.register(tokenServer, options)
  await listen(app, host, port)
  return {
    url: urlOf(app, tls !== undefined),
    app,
    setTls: (files) => {
      if (!('setSecureContext' in app.server))
        throw new ConfigError('the server was started without TLS', { field: 'tls', problem: 'conflict' })
      const server = app.server as HttpsServer
      asTlsProblem(() => {
        server.setSecureContext(files)
      })
    },
    close: () => connections.close(),
  }
}

function makeApp(settings: FastifyServerOptions, tls: TlsFiles | undefined): FastifyInstance {
  if (tls === undefined) return fastify({ ...settings, http: nodeSettings })
  const { cert, key } = tls
  // Fastify's type of an instance hangs on the kind of its server; the routes do not.
  return asTlsProblem(() =>
    fastify({ ...settings, https: { ...nodeSettings, ...tlsSettings, cert, key } } as FastifyServerOptions),
  )
}

function asTlsProblem<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined || code.startsWith('FST')) throw error
    throw new ConfigError(`the certificate or its key cannot be used (${code})`, { field: 'tls', problem: 'malformed' })
  }
}

/** No header that lets somebody in is ever written down. */
function withRedaction(logger: FastifyServerOptions['logger']): NonNullable<FastifyServerOptions['logger']> {
  if (typeof logger !== 'object') return logger === true ? { redact: hiddenPaths } : false
  return { ...logger, redact: hiddenPaths }
}

const hiddenPaths = ['authorization', 'cookie', 'access_token', 'key', 'secret'].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
  `*.headers["${name}"]`,
])

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    // A thousand clients may connect in one go.
    await app.listen({ host, port, backlog: 4096, listenTextResolver: (address) => `listening at ${address}` })
  } catch (error) {
    await app.close()
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    const problem = { EADDRINUSE: 'is in use', EACCES: 'needs more rights', EADDRNOTAVAIL: 'is not of this host' }[code]
    if (problem === undefined) throw error
    throw new ConfigError(`the address ${host}:${port} ${problem}`, { field: 'port', problem: 'conflict' })
  }
}

function urlOf({ server }: FastifyInstance, isTls: boolean): string {
  const { address, family, port } = server.address() as AddressInfo
  return `${isTls ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

/** What goes beyond this host needs client keys, and a way on which they stay secret. */
function assertGuarded(host: string, { keys, tls, allowPlainHttp = false }: StartOptions): void {
  if (/^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host)) return
  if (keys.size === 0) {
    throw new ConfigError(
      `${host} can be reached by others, and there are no client keys`,
      { field: 'host', problem: 'conflict' },
      { hint: 'Make one first: lingpai key create --role reader --accounts <names>' },
    )
  }
  if (tls !== undefined || allowPlainHttp) return
  throw new ConfigError(
    `${host} can be reached by others, and without TLS they can read the client keys`,
    { field: 'host', problem: 'conflict' },
    { hint: 'Set "tls", or "allowPlainHttp" where a proxy in front does TLS.' },
  )
}

/** Fastify takes a number and then trusts nobody: a client can name as many proxies as it likes. */
function assertProxies(trustProxy: unknown): void {
  const list = typeof trustProxy === 'string' ? trustProxy.split(',') : trustProxy
  const isKnown = typeof list === 'boolean' || (Array.isArray(list) && list.length > 0 && list.every(isProxy))
  if (isKnown) return
  throw new ConfigError(
    'startTokenServer: "trustProxy" must be true, an address or network, or a list of them',
    { field: 'trustProxy', problem: 'malformed' },
    { hint: 'Name the proxies, for instance 127.0.0.1 or 10.0.0.0/8: how many there are proves nothing.' },
  )
}

function isProxy(given: unknown): boolean {
  if (typeof given !== 'string') return false
  const [address = '', bits, ...rest] = given.trim().split('/')
  if (proxyGroups.includes(address)) return bits === undefined
  const family = isIP(address)
  const isNetwork =
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= (family === 4 ? 32 : 128))
  return family !== 0 && isNetwork && rest.length === 0
}

/** Names that `@fastify/proxy-addr` gives to networks. */
const proxyGroups: readonly string[] = ['loopback', 'linklocal', 'uniquelocal']
