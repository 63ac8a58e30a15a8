/// <reference lib="esnext.disposable" preserve="true" />
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConfigError, systemClock, type Clock } from '@lingpai/core'
import { accountsOf, credentialsOf, type AccountRef, type AccountsOptions } from './accounts.js'
import { serveAdmin } from './admin.js'
import { faultBook } from './faults.js'
import { gatewayBook } from './gateway/gateway-book.js'
import { gatewayToken } from './gateway/gateway-token.js'
import { qqGateway as openGateway } from './gateway/qq-gateway.js'
import { serveGateway } from './gateway/serve-gateway.js'
import { ledger as openLedger } from './ledger.js'
import { platformTime } from './platform-time.js'
import { readBody } from './read-body.js'
import { scaledRenewal, simulatedProvider } from './scaled-provider.js'
import { servePlatforms, type PlatformService } from './serve-platforms.js'
import type { Simulator } from './simulator.js'
import { world as openWorld } from './world.js'

/** Options of `startSimulator`. */
export interface SimulatorOptions {
  /** Address to listen on. The admin API has no password, so keep it on loopback. @default '127.0.0.1' */
  readonly host?: string
  /** @default 0, any free port */
  readonly port?: number
  /** The clock of the platforms' time and of the faults' delays. @default systemClock of core */
  readonly clock?: Clock
  /** Speed of the platforms' time: at 2400, a token of 7200 s lives 3 s. @default 1 */
  readonly timeScale?: number
  /** @default one demo account for each platform */
  readonly accounts?: AccountsOptions
  /** The client address that the platforms see, for IP allowlists. @default the socket's */
  readonly clientIp?: string
  /** Number of requests that the ledger stores in full; counts stay exact. @default 100_000 */
  readonly maxEntries?: number
}

/**
 * Starts the platforms in this process, without any output.
 *
 * @throws ConfigError for incomplete accounts or an invalid time scale; any error of `listen`
 * @example
 * ```ts
 * import { memoryCache } from '@lingpai/cache-memory'
 * import { TokenManager } from '@lingpai/core'
 * import { qqBot } from '@lingpai/provider-qq-bot'
 * import { startSimulator } from '@lingpai/testing/simulator'
 *
 * const simulator = await startSimulator()
 * const tokens = new TokenManager({ cache: memoryCache() })
 * const source = tokens.source(simulator.provider(qqBot), simulator.accounts.qq)
 * console.log((await source.getAccessToken()).length > 0)
 * console.log(simulator.ledger.tokenRequests()) // 1
 * await simulator.close()
 * ```
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0, clock = systemClock, timeScale = 1, maxEntries = 100_000 } = options
  if (!(timeScale > 0 && Number.isFinite(timeScale))) {
    throw new ConfigError('simulator: "timeScale" must be a positive number', {
      field: 'timeScale',
      problem: 'malformed',
    })
  }
  const accounts = accountsOf(options.accounts ?? {})
  const time = platformTime(clock, timeScale)
  const book = gatewayBook(time.nowMs)
  const world = openWorld(accounts, time, book)
  const accountIdOf = (ref: AccountRef): string => world.account(ref).id
  const faults = faultBook(accountIdOf)
  const ledger = openLedger(accountIdOf, maxEntries)
  const { clientIp } = options
  const service: PlatformService = { world, faults, ledger, clock, ...(clientIp !== undefined && { clientIp }) }
  const server = createServer((request, response) => {
    handle(service, simulator, request, response).catch(() => {
      response.destroy()
    })
  })
  const check = gatewayToken(world, ledger, clock, clientIp ?? '127.0.0.1')
  const qqGateway = openGateway({ book, clock, time, accountOf: (ref) => world.account(ref), check, maxEntries })
  const cutGateway = serveGateway(server, { gateway: qqGateway, faults, clock })
  // Longer than any test: a kept-alive connection that closes just as it is reused would look like a fault.
  server.keepAliveTimeout = 600_000
  await listen(server, host, port)
  const url = urlOf(server)
  const close = (): Promise<void> => {
    cutGateway()
    return stop(server)
  }
  const simulator: Simulator = {
    url,
    timeScale,
    accounts: credentialsOf(accounts),
    ledger,
    qqGateway,
    provider: (provider) => simulatedProvider(provider, url, timeScale),
    scaled: (renewal) => scaledRenewal(renewal, timeScale),
    fault: (spec) => faults.add(spec),
    clearFaults: () => {
      faults.clear()
    },
    revoke: (target, revokeOptions) => {
      world.revoke(target, revokeOptions)
    },
    mint: (ref, mintOptions) => world.mint(ref, mintOptions).token.value,
    push: (ref) => world.push(ref),
    change: (ref, changes) => {
      world.change(ref, changes)
    },
    skipTime: (ms) => {
      time.skip(ms)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
  return simulator
}

async function handle(
  service: PlatformService,
  simulator: Simulator,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const text = await readBody(request)
  if (text === undefined) {
    response.writeHead(413, { connection: 'close' }).end()
  } else if (!serveAdmin(simulator, service.faults, request, response, text)) {
    if (servePlatforms(service, request, response, text)) return
    response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found')
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // A thousand callers may connect at once.
    server.listen({ host, port, backlog: 4096 }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve()
    })
    server.closeAllConnections()
  })
}
