import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager, type Clock, type IAccessTokenCache, type TokenSource } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'
import { cardTicket, jsapiTicket, wechatMp, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { agentTicket, corpTicket, wecom } from '@lingpai/provider-wecom'
import { testClock, type TestClock } from '@lingpai/testing'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { accountRegister, type AccountRegister } from '../../src/accounts/account-register.js'
import { createClientKey, type ClientKey, type ClientKeyWishes } from '../../src/keys/client-key.js'
import { clientKeys, type ReplaceableClientKeys } from '../../src/keys/client-keys.js'
import type { ServedAccount } from '../../src/accounts/served-account.js'
import { startTokenServer, type RunningTokenServer, type StartOptions } from '../../src/start-token-server.js'

/** Secrets that must not appear in any output. */
export const secrets = {
  qq: 'PLANTED-qq-client-secret-5d1f',
  wechat: 'PLANTED-wechat-app-secret-8c2e',
  sales: 'PLANTED-wecom-sales-secret-77ab',
  support: 'PLANTED-wecom-support-secret-1b9d',
}

export const appIds = { qq: '102000001', wechat: 'wxdec0de0000000001', corp: 'wwdec0de0000000001' }

/** A server on a simulator, both on one test clock. */
export interface FacadeWorld {
  readonly simulator: Simulator
  readonly clock: TestClock
  readonly url: string
  readonly app: RunningTokenServer['app']
  readonly accounts: AccountRegister
  readonly keys: ReplaceableClientKeys
  /** Starts another server on the same cache. */
  startAnother(): Promise<RunningTokenServer>
  /** Creates a client key, by default of a reader. */
  key(accounts: '*' | readonly string[], wishes?: Partial<ClientKeyWishes>): string
  /** Returns the log of the server. */
  logged(): string
  get<Body = FacadeBody>(path: string): Promise<Body>
  post<Body = FacadeBody>(path: string, body: unknown, type?: string): Promise<Body>
  close(): Promise<void>
}

/** The body of any facade response. */
export interface FacadeBody {
  readonly access_token: string
  readonly expires_in: number | string
  readonly errcode?: number
  readonly errmsg?: string
  readonly code?: number
  readonly message?: string
  readonly ticket?: string
}

/** Options of {@link openFacadeWorld}. */
export interface FacadeWorldOptions extends Partial<StartOptions> {
  /** Serves WeChat's rotating token instead of the stable one. */
  readonly plain?: boolean
  /** More accounts, of the simulator's demo accounts. */
  readonly more?: (simulator: Simulator, manager: TokenManager) => readonly ServedAccount[]
  /** Gives the accounts tokens before the server starts. */
  readonly isWarm?: boolean
  /** The cache of the tokens. @default a memory cache */
  readonly cache?: IAccessTokenCache
}

/** Accounts: `bot` (QQ), `shop` (WeChat), `sales` and `support` (two apps of one WeCom corp); all but `support` have tickets. */
export async function openFacadeWorld({
  plain = false,
  isWarm = false,
  cache = memoryCache(),
  more = () => [],
  ...options
}: FacadeWorldOptions = {}): Promise<FacadeWorld> {
  const clock = testClock()
  const simulator = await startSimulator({
    clock,
    accounts: {
      qq: [{ appId: appIds.qq, clientSecret: secrets.qq }],
      wechat: [{ appId: appIds.wechat, appSecret: secrets.wechat }],
      wecom: [
        { corpId: appIds.corp, agentId: '1000002', corpSecret: secrets.sales },
        { corpId: appIds.corp, agentId: '1000003', corpSecret: secrets.support },
      ],
    },
  })
  const manager = new TokenManager({ cache, clock })
  const accounts = accountRegister([...accountsOf(simulator, manager, plain), ...more(simulator, manager)])
  if (isWarm) await Promise.all(accounts.all().map(({ source }) => source.getRecord()))
  const { keys, key } = keyRing(clock)
  const lines: string[] = []
  const logger = { level: 'trace', stream: { write: (line: string) => void lines.push(line) } }
  const start = (): Promise<RunningTokenServer> =>
    startTokenServer({ accounts, manager, cache, keys, clock, logger, isKeeping: false, ...options })
  const servers = [await start()] as [RunningTokenServer, ...RunningTokenServer[]]
  const [server] = servers
  return {
    simulator,
    clock,
    url: server.url,
    app: server.app,
    accounts,
    keys,
    key,
    startAnother: async () => {
      const another = await start()
      servers.push(another)
      return another
    },
    logged: () => lines.join(''),
    get: async <Body>(path: string) => (await fetch(server.url + path)).json() as Promise<Body>,
    post: async <Body>(path: string, body: unknown, type = 'application/json') => {
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      const response = await fetch(server.url + path, { method: 'POST', body: text, headers: { 'content-type': type } })
      return (await response.json()) as Body
    },
    close: async () => {
      await Promise.all(servers.map((one) => one.close()))
      await manager.close()
      await simulator.close()
    },
  }
}

function accountsOf(simulator: Simulator, manager: TokenManager, plain: boolean): readonly ServedAccount[] {
  const bot = simulator.provider(qqBot)
  const shop = simulator.provider(plain ? wechatMpPlain : wechatMp)
  const shopIds = { appId: appIds.wechat, appSecret: secrets.wechat }
  const ticket = (provider: typeof jsapiTicket): TokenSource =>
    manager.source(simulator.provider(provider).extend({ parent: shop }), shopIds)
  return [
    { name: 'bot', provider: bot, source: manager.source(bot, { appId: appIds.qq, clientSecret: secrets.qq }) },
    {
      name: 'shop',
      provider: shop,
      source: manager.source(shop, shopIds),
      tickets: { jsapi: ticket(jsapiTicket), wxCard: ticket(cardTicket) },
    },
    wecomApp(simulator, manager, 'sales', { agentId: '1000002', corpSecret: secrets.sales }),
    { ...wecomApp(simulator, manager, 'support', { agentId: '1000003', corpSecret: secrets.support }), tickets: {} },
  ]
}

function wecomApp(
  simulator: Simulator,
  manager: TokenManager,
  name: string,
  app: { readonly agentId: string; readonly corpSecret: string },
): ServedAccount {
  const ids = { corpId: appIds.corp, ...app }
  const [provider, corp, agent] = [wecom, corpTicket, agentTicket].map((one) => simulator.provider(one)) as [
    typeof wecom,
    typeof corpTicket,
    typeof agentTicket,
  ]
  const tickets = { jsapi: manager.source(corp, ids), agentConfig: manager.source(agent, ids) }
  return { name, provider, source: manager.source(provider, ids), tickets }
}

function keyRing(clock: Pick<Clock, 'now'>): Pick<FacadeWorld, 'keys' | 'key'> {
  const made: ClientKey[] = []
  const keys = clientKeys()
  const key: FacadeWorld['key'] = (of, wishes) => {
    const all = { name: `key ${made.length}`, role: 'reader', accounts: of, ...wishes } as const
    const { text, key: stored } = createClientKey(all, clock.now())
    made.push(stored)
    keys.replace(made)
    return text
  }
  return { keys, key }
}

/** Returns `/cgi-bin/token?…` as SDKs send it. */
export function wechatTokenPath(secret: string, appId = appIds.wechat): string {
  return `/cgi-bin/token?grant_type=client_credential&appid=${appId}&secret=${secret}`
}

/** Returns `/cgi-bin/gettoken?…` as SDKs send it. */
export function wecomTokenPath(secret: string, more = ''): string {
  return `/cgi-bin/gettoken?corpid=${appIds.corp}&corpsecret=${secret}${more}`
}
