import type { Server as HttpsServer } from 'node:https'
import { isIP, type AddressInfo } from 'node:net'
import { ConfigError } from '@lingpai/core'
import { fastify, type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { forwardOptionsOf, type ResolvedForwardOptions } from './forward/forward-options.js'
import { boundConnections } from './http/connections.js'
import { nodeSettings, serverMembers, serverSettings, tlsSettings } from './http/server-settings.js'
import { addShortcut } from './http/shortcut.js'
import { tokenServerWith } from './token-server.js'
import type { TokenServerOptions } from './token-server-options.js'

/** Options of {@link startTokenServer}. */
export interface StartOptions extends TokenServerOptions {
  /** @default '127.0.0.1' */
  readonly host?: string
  /** @default 0, any free port */
  readonly port?: number
  /** Certificate and key; without them the server uses plain HTTP. */
  readonly tls?: TlsFiles
  /** Proxies that may report the client's address: addresses and networks, or `true` for any peer. @default false */
  readonly trustProxy?: boolean | string | readonly string[]
  /** Allows plain HTTP beyond loopback, for a proxy in front that terminates TLS. @default false */
  readonly allowPlainHttp?: boolean
  /** Options of pino. @default silent */
  readonly logger?: FastifyServerOptions['logger']
  /** How long running requests may take after the shutdown began, milliseconds. @default 4000 */
  readonly drainMs?: number
}

/** A certificate with its intermediate certificates, and its key, in PEM format. */
export interface TlsFiles {
  readonly cert: string | Buffer
  readonly key: string | Buffer
}

/** A running token server. */
export interface RunningTokenServer {
  /** Base URL, such as `http://127.0.0.1:4180`. */
  readonly url: string
  readonly app: FastifyInstance
  /** Replaces the certificate for new connections. @throws ConfigError for an invalid certificate, or without TLS */
  setTls(files: TlsFiles): void
  /**
   * Shuts down gracefully: rejects new connections, finishes running requests and ends streams. The caller closes the manager and
   * the keys.
   */
  close(): Promise<void>
}

/**
 * Starts a token server that listens on its own address.
 *
 * @throws ConfigError for an address beyond loopback without client keys, an address in use, or an invalid certificate
 *
 * @example
 * ```ts
 * import { memoryCache } from '@lingpai/cache-memory'
 * import { TokenManager } from '@lingpai/core'
 * import { wechatMp } from '@lingpai/provider-wechat-mp'
 * import { openKeysFile, startTokenServer } from '@lingpai/server'
 *
 * const cache = memoryCache()
 * const manager = new TokenManager({ cache })
 * const source = manager.source(wechatMp, { appId: 'wx…', appSecret: process.env['WECHAT_MP_SECRET'] ?? '' })
 * const server = await startTokenServer({
 *   accounts: [{ name: 'shop', provider: wechatMp, source }],
 *   manager,
 *   cache,
 *   keys: await openKeysFile('keys.json'),
 *   port: 4180,
 * })
 * process.stdout.write(`listening at ${server.url}\n`)
 * ```
 */
export async function startTokenServer(options: StartOptions): Promise<RunningTokenServer> {
  const { host = '127.0.0.1', port = 0, tls, trustProxy = false, logger = false, drainMs = 4000 } = options
  assertGuarded(host, options)
  assertProxies(trustProxy)
  const proxies = typeof trustProxy === 'object' ? [...trustProxy] : trustProxy
  const settings = { ...serverSettings, ...timesFor(forwardOptionsOf(options.forward)) }
  const app = makeApp({ ...settings, logger: withRedaction(logger), trustProxy: proxies }, tls)
  Object.assign(app.server, serverMembers)
  const connections = boundConnections({ app, drainMs })
  const plugin = tokenServerWith((shortcut) => {
    addShortcut(app.server, shortcut)
  })
  // Loaded by the next step, which closes what a plugin that fails has opened.
  void app.register(plugin, options)
  await listen(app, host, port)
  return {
    url: urlOf(app, tls !== undefined),
    app,
    setTls: (files) => {
      if (!('setSecureContext' in app.server))
        throw new ConfigError('setTls() requires a server that was started with TLS', {
          field: 'tls',
          problem: 'conflict',
        })
      const server = app.server as HttpsServer
      asTlsProblem(() => {
        server.setSecureContext(files)
      })
    },
    close: () => connections.close(),
  }
}

/** A forwarded upload takes longer than any request of the server's own, and so may two waits for the platform. */
function timesFor(forward: ResolvedForwardOptions | undefined): Partial<FastifyServerOptions> {
  if (forward === undefined) return {}
  const connectionTimeout = Math.max(serverSettings.connectionTimeout, 2 * forward.timeoutMs + refreshMs)
  return { requestTimeout: forward.uploadMs, connectionTimeout }
}

/** Longest time for a new token between two tries of a forwarded call. */
const refreshMs = 30_000

function makeApp(settings: FastifyServerOptions, tls: TlsFiles | undefined): FastifyInstance {
  const { requestTimeout = nodeSettings.requestTimeout } = settings
  const node = { ...nodeSettings, requestTimeout }
  if (tls === undefined) return fastify({ ...settings, http: node })
  const { cert, key } = tls
  // Fastify's instance type depends on the kind of server; the routes do not.
  return asTlsProblem(() =>
    fastify({ ...settings, https: { ...node, ...tlsSettings, cert, key } } as FastifyServerOptions),
  )
}

function asTlsProblem<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined || code.startsWith('FST')) throw error
    throw new ConfigError(`startTokenServer: "tls" must be a usable certificate with its key (${code})`, {
      field: 'tls',
      problem: 'malformed',
    })
  }
}

/** Redacts headers and fields that carry keys, cookies or tokens. */
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
    // A thousand clients may connect at once.
    await app.listen({ host, port, backlog: 4096, listenTextResolver: (address) => `listening at ${address}` })
  } catch (error) {
    await app.close()
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    const problem = {
      EADDRINUSE: 'is already in use',
      EACCES: 'requires more privileges',
      EADDRNOTAVAIL: 'is not an address of this host',
    }[code]
    if (problem === undefined) throw error
    throw new ConfigError(`startTokenServer: ${host}:${port} ${problem}`, { field: 'port', problem: 'conflict' })
  }
}

function urlOf({ server }: FastifyInstance, isTls: boolean): string {
  const { address, family, port } = server.address() as AddressInfo
  return `${isTls ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

/** A server that other hosts can reach requires client keys and an encrypted connection. */
function assertGuarded(host: string, { keys, tls, allowPlainHttp = false }: StartOptions): void {
  if (/^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host)) return
  if (keys.size === 0) {
    throw new ConfigError(
      `startTokenServer: "keys" must not be empty, because other hosts can reach ${host}`,
      { field: 'host', problem: 'conflict' },
      { hint: 'Create a key first: lingpai key create --role reader --accounts <names>' },
    )
  }
  if (tls !== undefined || allowPlainHttp) return
  throw new ConfigError(
    `startTokenServer: "tls" must be set, because other hosts can reach ${host} and read the client keys`,
    { field: 'host', problem: 'conflict' },
    { hint: 'Set "tls", or "allowPlainHttp" if a proxy in front terminates TLS.' },
  )
}

/** A number of proxies is not accepted: a client can send any number of addresses in the header. */
function assertProxies(trustProxy: unknown): void {
  const list = typeof trustProxy === 'string' ? trustProxy.split(',') : trustProxy
  const isKnown = typeof list === 'boolean' || (Array.isArray(list) && list.length > 0 && list.every(isProxy))
  if (isKnown) return
  throw new ConfigError(
    'startTokenServer: "trustProxy" must be true, an address or network, or a list of them',
    { field: 'trustProxy', problem: 'malformed' },
    { hint: 'List the proxies, such as 127.0.0.1 or 10.0.0.0/8; a number of proxies is not accepted.' },
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

/** Names of networks in `@fastify/proxy-addr`. */
const proxyGroups: readonly string[] = ['loopback', 'linklocal', 'uniquelocal']
