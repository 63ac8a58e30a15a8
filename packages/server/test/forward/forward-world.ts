import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager, type IAccessTokenCache } from '@lingpai/core'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { createClientKey, type ClientKey, type ClientKeyWishes } from '../../src/keys/client-key.js'
import { clientKeys, type ReplaceableClientKeys } from '../../src/keys/client-keys.js'
import { startTokenServer, type RunningTokenServer, type StartOptions } from '../../src/start-token-server.js'
import { json, startApiRecorder, type ApiRecorder } from './api-recorder.js'

/** A server that forwards calls of two WeChat accounts: tokens come from a simulator, and calls go to a recorder. */
export interface ForwardWorld {
  readonly simulator: Simulator
  readonly api: ApiRecorder
  readonly server: RunningTokenServer
  readonly url: string
  readonly cache: IAccessTokenCache
  /** The real tokens of the accounts `shop` and `till`, as far as they are in memory. */
  realTokens(): readonly string[]
  /** Revokes the tokens in memory. From now on the API sends `dead` to calls with one of them, and `alive` to others. */
  revokeTokens(send?: typeof json): void
  readonly keys: ReplaceableClientKeys
  key(wishes?: Partial<ClientKeyWishes>): string
  revoke(text: string): void
  /** Fetches a surrogate as SDKs do. */
  surrogate(key: string, appId?: string): Promise<string>
  /** Returns the log of the server. */
  logged(): string
  /** Starts another server on the same cache and keys, with a manager of its own. */
  startAnother(options?: Partial<StartOptions>): Promise<RunningTokenServer>
  close(): Promise<void>
}

export const shop = { appId: 'wxdec0de0000000001', appSecret: 'PLANTED-wechat-app-secret-8c2e' }
export const till = { appId: 'wxdec0de0000000002', appSecret: 'PLANTED-wechat-till-secret-41f0' }

export const dead = { errcode: 42001, errmsg: 'access_token expired' }
export const alive = { errcode: 0, media_id: 'm' }

export async function openForwardWorld({
  cache = memoryCache(),
  ...options
}: Partial<StartOptions> = {}): Promise<ForwardWorld> {
  const simulator = await startSimulator({ accounts: { wechat: [shop, till] } })
  const api = await startApiRecorder()
  const provider = simulator.provider(wechatMp).extend({ apiBaseUrl: api.url })
  const keys = clientKeys()
  const made: ClientKey[] = []
  const lines: string[] = []
  const logger = { level: 'trace', stream: { write: (line: string) => void lines.push(line) } }
  const ends: (() => Promise<void>)[] = []
  const start = async (more: Partial<StartOptions> = {}) => {
    const manager = new TokenManager({ cache })
    const sources = [manager.source(provider, shop), manager.source(provider, till)] as const
    const accounts = [
      { name: 'shop', provider, source: sources[0] },
      { name: 'till', provider, source: sources[1] },
    ]
    const given = { accounts, manager, cache, keys, logger, isKeeping: false, drainMs: 800, forward: true }
    const server = await startTokenServer({ ...given, ...options, ...more })
    ends.push(async () => {
      await server.close()
      await manager.close()
    })
    return { server, sources }
  }
  const { server, sources } = await start()
  const realTokens = (): readonly string[] => sources.flatMap((source) => source.peek() ?? [])
  return {
    simulator,
    api,
    server,
    url: server.url,
    cache,
    realTokens,
    revokeTokens: (send = json) => {
      const revoked = realTokens()
      for (const account of [shop, till]) simulator.revoke(account)
      api.respond = ({ url }, response) => {
        send(response, revoked.some((token) => url.includes(token)) ? dead : alive)
      }
    },
    keys,
    key: (wishes) => {
      const { text, key } = createClientKey({ name: 'sdk', role: 'reader', accounts: '*', ...wishes }, Date.now())
      made.push(key)
      keys.replace([...made])
      return text
    },
    revoke: (text) => {
      made.splice(
        made.findIndex(({ id }) => text.includes(id)),
        1,
      )
      keys.replace([...made])
    },
    surrogate: async (key, appId = shop.appId) => {
      const response = await fetch(
        `${server.url}/cgi-bin/token?grant_type=client_credential&appid=${appId}&secret=${key}`,
      )
      return ((await response.json()) as { readonly access_token: string }).access_token
    },
    logged: () => lines.join(''),
    startAnother: async (more) => (await start(more)).server,
    close: async () => {
      await Promise.all(ends.map((end) => end()))
      await api.close()
      await simulator.close()
    },
  }
}
