import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager, type CredentialsOf, type Provider } from '@lingpai/core'
import { dingtalk } from '@lingpai/provider-dingtalk'
import { feishu } from '@lingpai/provider-feishu'
import { qqBot } from '@lingpai/provider-qq-bot'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { wecom } from '@lingpai/provider-wecom'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import type { ServedAccount } from '../../src/accounts/served-account.js'
import type { CallOutcome } from '../../src/audit/logged-call.js'
import { createClientKey } from '../../src/keys/client-key.js'
import { clientKeys } from '../../src/keys/client-keys.js'
import { startTokenServer } from '../../src/start-token-server.js'
import type { SdkPlace } from '../facades/children/sdk.js'

/** Two accounts of each platform. */
const credentials = {
  wechat: [
    { appId: 'wxdec0de0000000001', appSecret: 'shop-secret-not-real' },
    { appId: 'wxdec0de0000000002', appSecret: 'till-secret-not-real' },
  ],
  wecom: [
    { corpId: 'wwdec0de0000000001', agentId: '1000002', corpSecret: 'sales-secret-not-real' },
    { corpId: 'wwdec0de0000000001', agentId: '1000003', corpSecret: 'support-secret-not-real' },
  ],
  qq: [
    { appId: '102000001', clientSecret: 'bot-secret-not-real' },
    { appId: '102000002', clientSecret: 'other-bot-secret-not-real' },
  ],
  feishu: [
    { appId: 'cli_dec0de0000000001', appSecret: 'app-secret-not-real' },
    { appId: 'cli_dec0de0000000002', appSecret: 'other-app-secret-not-real' },
  ],
  dingtalk: [
    { appKey: 'dingdec0de0000000001', appSecret: 'robot-secret-not-real' },
    { appKey: 'dingdec0de0000000002', appSecret: 'other-robot-secret-not-real' },
  ],
} as const

/** What SDKs take as the id of the app. */
const idField = { wechat: 'appId', wecom: 'corpId', qq: 'appId', feishu: 'appId', dingtalk: 'appKey' } as const

export type PlatformName = keyof typeof credentials

/** A server that forwards the calls of two accounts of each platform, all on one base URL, to a simulator. */
export interface SdkWorld {
  readonly simulator: Simulator
  readonly url: string
  /** What an SDK is given for the first or the second account: the one base URL, and the one client key with the name of the account. */
  place(name: PlatformName, index: 0 | 1): SdkPlace
  /** The credentials at the platform. */
  account(name: PlatformName, index: 0 | 1): Readonly<Record<string, string>>
  /** Counts the forwarded calls by their outcome. */
  outcomes(): Promise<Readonly<Partial<Record<CallOutcome, number>>>>
  close(): Promise<void>
}

export async function openSdkWorld(): Promise<SdkWorld> {
  const simulator = await startSimulator({ accounts: credentials })
  const manager = new TokenManager({ cache: memoryCache() })
  const served = <C>(name: PlatformName, real: Provider<C>, all: readonly CredentialsOf<C>[]) => {
    const provider = simulator.provider(real)
    return all.map((one, index): ServedAccount => {
      return { name: `${name}-${index}`, provider, source: manager.source(provider, one) }
    })
  }
  const accounts = [
    ...served('wechat', wechatMp, credentials.wechat),
    ...served('wecom', wecom, credentials.wecom),
    ...served('qq', qqBot, credentials.qq),
    ...served('feishu', feishu, credentials.feishu),
    ...served('dingtalk', dingtalk, credentials.dingtalk),
  ]
  const { text: key, key: stored } = createClientKey({ name: 'sdks', role: 'reader', accounts: '*' }, Date.now())
  const keys = clientKeys([stored])
  const cache = memoryCache()
  const server = await startTokenServer({ accounts, manager, cache, keys, isKeeping: false, forward: true })
  const { url } = server
  const world: SdkWorld = {
    simulator,
    url,
    place: (name, index) => {
      const appId = world.account(name, index)[idField[name]] ?? ''
      return { tokens: url, apis: url, appId, secret: `${key}@${name}-${index}` }
    },
    account: (name, index) => ({ ...credentials[name][index] }),
    outcomes: async () => {
      const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } })
      const counts: Partial<Record<CallOutcome, number>> = {}
      for (const [, outcome, count] of (await response.text()).matchAll(
        /^lingpai_forwarded_calls_total\{.*outcome="(.+)"\} (\d+)$/gm,
      ))
        counts[outcome as CallOutcome] = (counts[outcome as CallOutcome] ?? 0) + Number(count)
      return counts
    },
    close: async () => {
      await server.close()
      await manager.close()
      await simulator.close()
    },
  }
  return world
}
