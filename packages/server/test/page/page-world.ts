import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager, type Clock, type CredentialsOf, type Provider } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'
import { wechatMp, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { wecom } from '@lingpai/provider-wecom'
import { startSimulator, type AccountSettings, type Simulator } from '@lingpai/testing/simulator'
import {
  clientKeys,
  createClientKey,
  startTokenServer,
  type ClientKey,
  type ClientKeyWishes,
  type ReplaceableClientKeys,
  type ServedAccount,
} from '../../src/index.js'

/** The address that the platforms see, which is missing from the allowlist of `newsletter`. */
export const clientIp = '203.0.113.7'

/** Secrets of the platforms, which must never appear on the page. */
export const secrets = {
  qq: 'PLANTED-SECRET-page-qq-secret-41f0',
  shop: 'PLANTED-SECRET-page-shop-secret-a2c9',
  newsletter: 'PLANTED-SECRET-page-newsletter-secret-6be3',
  miniProgram: 'PLANTED-SECRET-page-mini-program-secret-90d5',
  helpdesk: 'PLANTED-SECRET-page-helpdesk-secret-d817',
  approval: 'PLANTED-SECRET-page-approval-secret-37af',
}

/** How faults and revocations identify the platforms' accounts. */
export const refs = {
  bot: 'qq:102004371',
  shop: 'wechat:wx3f8a1c9be2d74650',
  newsletter: 'wechat:wx0d11ce58a6f2b937',
  miniProgram: 'wechat:wx77b0c1de90aa3412',
  helpdesk: 'wecom:ww8d2c71f3a905b64e:1000002',
  approval: 'wecom:ww8d2c71f3a905b64e:1000007',
}

/** A server on simulated platforms, to be opened by a browser. */
export interface PageWorld {
  readonly url: string
  readonly simulator: Simulator
  readonly keys: ReplaceableClientKeys
  /** Creates a client key. @returns its text */
  key(wishes: Partial<ClientKeyWishes> & Pick<ClientKeyWishes, 'role'>): string
  /** Revokes all keys. */
  revokeKeys(): void
  /** Stops the server; `start` starts it again on its port with the same manager and keys. */
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

/** Options of {@link openPageWorld}. */
export interface PageWorldOptions {
  /** @default the clock of this machine */
  readonly clock?: Clock
  /** Settings of `newsletter` on its platform. @default an allowlist without our address */
  readonly newsletter?: AccountSettings
}

/**
 * Accounts: `guild-bot` (QQ), `shop` (WeChat, each refresh rotates), `newsletter` (WeChat, its address is denied), `mini-program`
 * (WeChat's stable token), `客服助手` and `approval` (two apps of one WeCom corp, which repeats its tokens).
 */
export async function openPageWorld({ clock, newsletter }: PageWorldOptions = {}): Promise<PageWorld> {
  const simulator = await startSimulator({
    clientIp,
    ...(clock && { clock }),
    accounts: {
      qq: [{ appId: '102004371', clientSecret: secrets.qq }],
      wechat: [
        { appId: 'wx3f8a1c9be2d74650', appSecret: secrets.shop },
        {
          appId: 'wx0d11ce58a6f2b937',
          appSecret: secrets.newsletter,
          ...(newsletter ?? { ipAllow: ['198.51.100.1'] }),
        },
        { appId: 'wx77b0c1de90aa3412', appSecret: secrets.miniProgram },
      ],
      wecom: [
        { corpId: 'ww8d2c71f3a905b64e', agentId: '1000002', corpSecret: secrets.helpdesk },
        { corpId: 'ww8d2c71f3a905b64e', agentId: '1000007', corpSecret: secrets.approval },
      ],
    },
  })
  const cache = memoryCache()
  const manager = new TokenManager({ cache, ...(clock && { clock }) })
  const accounts = accountsOf(simulator, manager)
  const keys = clientKeys()
  const made: ClientKey[] = []
  const startAt = (port: number) => startTokenServer({ accounts, manager, cache, keys, port, ...(clock && { clock }) })
  let server = await startAt(0)
  const { url } = server
  return {
    url,
    simulator,
    keys,
    key: ({ name = `key ${made.length}`, accounts: allowed = '*', ...wishes }) => {
      const { text, key } = createClientKey({ name, accounts: allowed, ...wishes }, Date.now())
      made.push(key)
      keys.replace(made)
      return text
    },
    revokeKeys: () => {
      made.splice(0)
      keys.replace(made)
    },
    stop: () => server.close(),
    start: async () => {
      server = await startAt(Number(new URL(url).port))
    },
    close: async () => {
      await server.close()
      await manager.close()
      await simulator.close()
    },
  }
}

function accountsOf(simulator: Simulator, manager: TokenManager): readonly ServedAccount[] {
  const account = <C>(name: string, provider: Provider<C>, credentials: CredentialsOf<C>): ServedAccount => ({
    name,
    provider,
    source: manager.source(provider, credentials),
  })
  const [bot, plain] = [simulator.provider(qqBot), simulator.provider(wechatMpPlain)]
  const [stable, corp] = [simulator.provider(wechatMp), simulator.provider(wecom)]
  const corpId = 'ww8d2c71f3a905b64e'
  return [
    account('guild-bot', bot, { appId: '102004371', clientSecret: secrets.qq }),
    account('shop', plain, { appId: 'wx3f8a1c9be2d74650', appSecret: secrets.shop }),
    account('newsletter', stable, { appId: 'wx0d11ce58a6f2b937', appSecret: secrets.newsletter }),
    account('mini-program', stable, { appId: 'wx77b0c1de90aa3412', appSecret: secrets.miniProgram }),
    account('客服助手', corp, { corpId, agentId: '1000002', corpSecret: secrets.helpdesk }),
    account('approval', corp, { corpId, agentId: '1000007', corpSecret: secrets.approval }),
  ]
}
