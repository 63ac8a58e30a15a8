import { TokenManager, type Clock, type TokenSource } from '@lingpai/core'
import { memoryCache } from '@lingpai/cache-memory'
import { qqBot } from '@lingpai/provider-qq-bot'
import { wechatMp, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { wecom } from '@lingpai/provider-wecom'
import { clientKeys, createClientKey, startTokenServer, type ClientRole, type ServedAccount } from '@lingpai/server'
import { testClock, type TestClock } from '@lingpai/testing'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { TokenServerClient, type TokenServerClientOptions } from '../src/index.js'

/** A simulator, a manager, a real token server on loopback, and its clients, all on one test clock. */
export interface ClientWorld {
  readonly clock: TestClock
  readonly simulator: Simulator
  readonly server: TokenManager
  readonly url: string
  readonly providers: ReturnType<typeof providersOf>
  /** Requests of clients to the server, such as `GET /v1/accounts/mp/token`, in order, without the event stream. */
  readonly requests: string[]
  /** Gives the key of a role. */
  key(role?: ClientRole): string
  /** Gives the server's own source of an account. */
  own(account: AccountName): TokenSource
  /** Revokes all keys of a role. */
  revokeKeys(role: ClientRole): void
  client(options?: Partial<TokenServerClientOptions>): TokenServerClient
  /** Stops the server; `startServer` starts it again at the same address. */
  stopServer(): Promise<void>
  startServer(): Promise<void>
  close(): Promise<void>
}

/** Names of the server's accounts. */
export type AccountName = 'bot' | 'mp' | 'plain' | 'corp'

export async function openClientWorld(): Promise<ClientWorld> {
  const clock = testClock()
  const simulator = await startSimulator({ clock })
  const providers = providersOf(simulator)
  const cache = memoryCache({ clock })
  const server = new TokenManager({ cache, clock, random: () => 0.5 })
  const accounts = accountsOf(server, simulator, providers)
  const made = (['reader', 'reporter', 'admin'] as const).map((role) => ({
    role,
    ...createClientKey({ name: `the ${role}`, role, accounts: '*' }, clock.now()),
  }))
  const keys = clientKeys(made.map(({ key }) => key))
  const clients: TokenServerClient[] = []
  const requests: string[] = []
  const start = (port: number) =>
    startTokenServer({ accounts, manager: server, cache, keys, clock, isKeeping: false, port })
  let running = await start(0)
  const { url } = running
  const keyOf = (role: ClientRole = 'reporter'): string => made.find((key) => key.role === role)?.text ?? ''
  return {
    clock,
    simulator,
    server,
    url,
    providers,
    requests,
    key: keyOf,
    own: (name) => accounts.find((account) => account.name === name)!.source,
    revokeKeys: (role) => {
      keys.replace(made.filter((key) => key.role !== role).map(({ key }) => key))
    },
    client: (options = {}) => {
      const client = new TokenServerClient({
        url,
        key: keyOf(),
        clock,
        random: () => 0.5,
        fetch: recording(url, requests),
        ...options,
      })
      clients.push(client)
      return client
    },
    stopServer: () => running.close(),
    startServer: async () => {
      running = await start(Number(new URL(url).port))
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.close()))
      await running.close()
      await server.close()
      await simulator.close()
    },
  }
}

/** A `fetch` that records the requests to the server. */
export function recording(url: string, requests: string[]): typeof fetch {
  return (input, init) => {
    const text = String(input)
    if (text.startsWith(url)) requests.push(`${init?.method ?? 'GET'} ${text.slice(url.length)}`)
    return fetch(input, init)
  }
}

function providersOf(simulator: Simulator) {
  return {
    bot: simulator.provider(qqBot),
    mp: simulator.provider(wechatMp),
    plain: simulator.provider(wechatMpPlain),
    corp: simulator.provider(wecom),
  }
}

function accountsOf(
  manager: TokenManager,
  { accounts: { qq, wechat, wecom: corp } }: Simulator,
  providers: ReturnType<typeof providersOf>,
): readonly ServedAccount[] {
  return [
    { name: 'bot', provider: providers.bot, source: manager.source(providers.bot, qq) },
    { name: 'mp', provider: providers.mp, source: manager.source(providers.mp, wechat) },
    { name: 'plain', provider: providers.plain, source: manager.source(providers.plain, wechat) },
    { name: 'corp', provider: providers.corp, source: manager.source(providers.corp, corp) },
  ]
}

/** An address where no server listens. */
export const nowhere = 'http://127.0.0.1:9'

/** A second clock object that shows the same time, because each process has its own. */
export function sameTime(clock: Clock): Clock {
  return { now: clock.now, monotonic: clock.monotonic, setTimer: clock.setTimer }
}
