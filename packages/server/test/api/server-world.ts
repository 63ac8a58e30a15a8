import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager, type IAccessTokenCache } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { startSimulator, type Simulator, type SimulatorOptions } from '@lingpai/testing/simulator'
import { accountRegister, type AccountRegister } from '../../src/accounts/account-register.js'
import { createClientKey, type ClientKey, type ClientKeyWishes } from '../../src/keys/client-key.js'
import { clientKeys, type ReplaceableClientKeys } from '../../src/keys/client-keys.js'
import type { ServedAccount } from '../../src/accounts/served-account.js'
import { startTokenServer, type RunningTokenServer, type StartOptions } from '../../src/start-token-server.js'

/** A server with the accounts `bot` (QQ) and `shop` (WeChat, each request gives a new token), on a simulator and the real clock. */
export interface ServerWorld {
  readonly simulator: Simulator
  readonly cache: IAccessTokenCache
  readonly manager: TokenManager
  readonly server: RunningTokenServer
  readonly url: string
  readonly accounts: AccountRegister
  readonly keys: ReplaceableClientKeys
  /** Creates a client key, by default of an admin for all accounts. */
  key(wishes?: Partial<ClientKeyWishes>): string
  revoke(text: string): void
  call(path: string, options?: CallOptions): Promise<Called>
  /** Returns the log of the server. */
  logged(): string
  close(): Promise<void>
}

/** Options of a request; by default it carries an admin's key. */
export interface CallOptions {
  readonly method?: string
  readonly key?: string | null
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** Any JSON object. */
export type Json = Readonly<Record<string, unknown>>

/** A response. */
export interface Called {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: Json
}

/** Options of {@link openServerWorld}. */
export interface ServerWorldOptions extends Partial<StartOptions> {
  readonly simulator?: Simulator
  readonly platform?: SimulatorOptions
}

export async function openServerWorld({ platform, ...options }: ServerWorldOptions = {}): Promise<ServerWorld> {
  const simulator = options.simulator ?? (await startSimulator(platform))
  const cache = options.cache ?? memoryCache()
  const manager = new TokenManager({ cache })
  const accounts = accountRegister(accountsOf(simulator, manager))
  const keys = clientKeys()
  const ring: ClientKey[] = []
  // As from a file: new objects each time.
  const replaceKeys = (): void => {
    keys.replace(structuredClone(ring))
  }
  const key = (wishes: Partial<ClientKeyWishes> = {}): string => {
    const made = createClientKey({ name: 'operator', role: 'admin', accounts: '*', ...wishes }, Date.now())
    ring.push(made.key)
    replaceKeys()
    return made.text
  }
  const admin = key({ rateLimit: 100_000 })
  const lines: string[] = []
  const logger = { level: 'trace', stream: { write: (line: string) => void lines.push(line) } }
  const server = await startTokenServer({
    accounts,
    manager,
    cache,
    keys,
    logger,
    isKeeping: false,
    drainMs: 800,
    ...options,
  })
  return {
    simulator,
    cache,
    manager,
    server,
    url: server.url,
    accounts,
    keys,
    key,
    revoke: (text) => {
      const index = ring.findIndex(({ id }) => text.includes(id))
      ring[index] = { ...ring[index]!, revokedAt: Date.now() }
      replaceKeys()
    },
    call: (path, callOptions) => call(server.url + path, { key: admin, ...callOptions }),
    logged: () => lines.join(''),
    close: async () => {
      await server.close()
      await manager.close()
      if (options.simulator === undefined) await simulator.close()
    },
  }
}

export function accountsOf(simulator: Simulator, manager: TokenManager): readonly ServedAccount[] {
  const { qq, wechat } = simulator.accounts
  const [bot, shop] = [simulator.provider(qqBot), simulator.provider(wechatMpPlain)]
  return [
    { name: 'bot', provider: bot, source: manager.source(bot, qq) },
    { name: 'shop', provider: shop, source: manager.source(shop, wechat) },
  ]
}

/** Sends a request over a socket. */
export async function call(url: string, { method = 'GET', key, body, headers, signal }: CallOptions): Promise<Called> {
  const response = await fetch(url, {
    method,
    headers: {
      // An idle connection would delay the shutdown of the server.
      connection: 'close',
      ...(typeof key === 'string' && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ...(signal && { signal }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : {} }
}

/** Waits until `isSo` returns true, without a timer. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve))
}
