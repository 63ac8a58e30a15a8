import { gzipSync } from 'node:zlib'
import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager, type CredentialsOf, type Provider } from '@lingpai/core'
import { dingtalk } from '@lingpai/provider-dingtalk'
import { feishu } from '@lingpai/provider-feishu'
import { qqBot } from '@lingpai/provider-qq-bot'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { wecom } from '@lingpai/provider-wecom'
import { startSimulator } from '@lingpai/testing/simulator'
import { Agent, type Dispatcher } from 'undici'
import type { ServedAccount } from '../../src/accounts/served-account.js'
import { createClientKey, type ClientKeyWishes } from '../../src/keys/client-key.js'
import { clientKeys } from '../../src/keys/client-keys.js'
import { startTokenServer } from '../../src/start-token-server.js'
import { startApiRecorder, type ApiRecorder, type ReceivedCall } from './api-recorder.js'

const credentials = {
  wechat: [
    { appId: 'wxdec0de0000000001', appSecret: 'PLANTED-wechat-a' },
    { appId: 'wxdec0de0000000002', appSecret: 'PLANTED-wechat-b' },
  ],
  wecom: [
    { corpId: 'wwdec0de0000000001', agentId: '1000002', corpSecret: 'PLANTED-wecom-a' },
    { corpId: 'wwdec0de0000000001', agentId: '1000003', corpSecret: 'PLANTED-wecom-b' },
  ],
  qq: [
    { appId: '102000001', clientSecret: 'PLANTED-qq-a' },
    { appId: '102000002', clientSecret: 'PLANTED-qq-b' },
  ],
  feishu: [
    { appId: 'cli_dec0de0000000001', appSecret: 'PLANTED-feishu-a' },
    { appId: 'cli_dec0de0000000002', appSecret: 'PLANTED-feishu-b' },
  ],
  dingtalk: [
    { appKey: 'dingdec0de0000000001', appSecret: 'PLANTED-dingtalk-a' },
    { appKey: 'dingdec0de0000000002', appSecret: 'PLANTED-dingtalk-b' },
  ],
} as const

/** An account whose API is on hosts of its own. */
export interface FuzzAccount {
  readonly name: string
  readonly platform: keyof typeof credentials
  /** The real token. */
  readonly token: string
  /** Good texts in place of the token: surrogates, and client keys. */
  readonly passes: readonly string[]
}

/** A call at an API, and the account whose host received it. */
export interface HostCall extends ReceivedCall {
  readonly account: string
}

/** Ten accounts of five platforms behind one server, each with hosts of its own, and everything that has left the server. */
export interface FuzzWorld {
  readonly url: string
  readonly accounts: readonly FuzzAccount[]
  /** Texts that look like good ones: forged, of a revoked key, of a key of other accounts, real tokens. */
  readonly refused: readonly string[]
  /** Origins that were called, other than hosts of the accounts. */
  readonly strays: readonly string[]
  /** Returns the calls since it was asked last. */
  calls(): readonly HostCall[]
  logged(): string
  close(): Promise<void>
}

/** Repeats all it has received, as far as a response can. */
function echo(call: ReceivedCall, response: Parameters<ApiRecorder['respond']>[1]): void {
  const body = JSON.stringify({ url: call.url, headers: call.rawHeaders })
  const headers = { 'content-type': 'application/json', location: `https://example.com${call.url}`, 'x-echo': call.url }
  const isCompressed = call.headers['accept-encoding'] === 'gzip'
  const isLong = call.url.length % 7 === 0
  const long = isLong ? body.padEnd(70_000) : body
  if (isCompressed && !isLong) response.writeHead(200, { ...headers, 'content-encoding': 'gzip' }).end(gzipSync(body))
  else response.writeHead(call.url.length % 5 === 0 ? 302 : 200, headers).end(long)
}

export async function openFuzzWorld(): Promise<FuzzWorld> {
  const simulator = await startSimulator({ accounts: credentials })
  const cache = memoryCache()
  const manager = new TokenManager({ cache })
  const recorders: ApiRecorder[] = []
  let received: HostCall[] = []
  const host = async (account: string): Promise<string> => {
    const recorder = await startApiRecorder()
    recorder.respond = (call, response) => {
      received.push({ ...call, account })
      echo(call, response)
    }
    recorders.push(recorder)
    return recorder.url
  }
  const served = async <C>(platform: FuzzAccount['platform'], real: Provider<C>, all: readonly CredentialsOf<C>[]) =>
    Promise.all(
      all.map(async (one, index): Promise<ServedAccount> => {
        const name = `${platform}-${index}`
        const apiBaseUrl = await host(name)
        const old = platform === 'dingtalk' ? await host(name) : undefined
        const { placement } = real.spec
        const provider = simulator.provider(real).extend({
          apiBaseUrl,
          ...(old !== undefined && {
            apiOrigins: [old],
            placementAt: { [apiBaseUrl]: placement, [old]: { in: 'query', name: 'access_token' } },
          }),
        })
        return { name, provider, source: manager.source(provider, one) }
      }),
    )
  const accounts = (
    await Promise.all([
      served('wechat', wechatMp, credentials.wechat),
      served('wecom', wecom, credentials.wecom),
      served('qq', qqBot, credentials.qq),
      served('feishu', feishu, credentials.feishu),
      served('dingtalk', dingtalk, credentials.dingtalk),
    ])
  ).flat()
  const made = (wishes: Partial<ClientKeyWishes> = {}) =>
    createClientKey({ name: 'sdk', role: 'reader', accounts: '*', rateLimit: 1e6, ...wishes }, Date.now())
  const [all, revoked] = [made(), made()]
  const single = accounts.map(({ name }) => made({ accounts: [name] }))
  const stored = [all, ...single].map(({ key }) => key)
  const keys = clientKeys([...stored, revoked.key])
  const strays: string[] = []
  const agent = new Agent()
  const dispatcher = agent.compose((dispatch) => (options: Dispatcher.DispatchOptions, handler) => {
    const origin = String(options.origin)
    if (!recorders.some(({ url }) => url === origin)) {
      strays.push(origin)
      throw new RangeError('stray')
    }
    return dispatch(options, handler)
  })
  const lines: string[] = []
  const logger = { level: 'trace', stream: { write: (line: string) => void lines.push(line) } }
  const forward = { dispatcher, timeoutMs: 5000, largestReplayBytes: 256 }
  const server = await startTokenServer({ accounts, manager, cache, keys, logger, isKeeping: false, forward })
  const surrogate = async (platform: string, index: number, key: string): Promise<string> => {
    const { url, init } = tokenRequests[platform as FuzzAccount['platform']](index, `${key}@${platform}-${index}`)
    const body = (await (await fetch(server.url + url, init)).json()) as Readonly<Record<string, string>>
    return body['access_token'] ?? body['accessToken'] ?? body['tenant_access_token'] ?? ''
  }
  const found = await Promise.all(
    accounts.map(async ({ name, source }, at): Promise<FuzzAccount> => {
      const [platform = '', index = ''] = name.split('-')
      const key = single[at]?.text ?? ''
      const passes = [await surrogate(platform, Number(index), all.text), await surrogate(platform, Number(index), key)]
      const token = await source.getAccessToken()
      return {
        name,
        platform: platform as FuzzAccount['platform'],
        token,
        passes: [...passes, key, `${all.text}@${name}`],
      }
    }),
  )
  const gone = await surrogate('wechat', 0, revoked.text)
  keys.replace(stored)
  const [good = ''] = found[0]?.passes ?? []
  return {
    url: server.url,
    accounts: found,
    refused: [
      ...[gone, revoked.text, `${good.slice(0, -3)}AAA`, 'lpt_', 'lpk_', `${single[0]?.text ?? ''}@wecom-1`, all.text],
      ...found.map(({ token }) => token),
    ],
    strays,
    calls: () => {
      const last = received
      received = []
      return last
    },
    logged: () => lines.join(''),
    close: async () => {
      await server.close()
      await manager.close()
      await agent.destroy()
      await Promise.all(recorders.map((recorder) => recorder.close()))
      await simulator.close()
    },
  }
}

type TokenRequest = (index: number, key: string) => { readonly url: string; readonly init?: RequestInit }
const post = (url: string, body: object) => ({
  url,
  init: { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
})
const tokenRequests: Readonly<Record<FuzzAccount['platform'], TokenRequest>> = {
  wechat: (index, key) => ({
    url: `/cgi-bin/token?grant_type=client_credential&appid=${credentials.wechat[index]?.appId ?? ''}&secret=${key}`,
  }),
  wecom: (index, key) => ({
    url: `/cgi-bin/gettoken?corpid=${credentials.wecom[index]?.corpId ?? ''}&corpsecret=${key}`,
  }),
  qq: (index, key) => post('/app/getAppAccessToken', { appId: credentials.qq[index]?.appId, clientSecret: key }),
  feishu: (index, key) =>
    post('/open-apis/auth/v3/tenant_access_token/internal', {
      app_id: credentials.feishu[index]?.appId,
      app_secret: key,
    }),
  dingtalk: (index, key) =>
    post('/v1.0/oauth2/accessToken', { appKey: credentials.dingtalk[index]?.appKey, appSecret: key }),
}
