import type { TokenManager } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { wecom } from '@lingpai/provider-wecom'
import type { ServedAccount } from '@lingpai/server'
import type { AccountsOptions, Simulator } from '@lingpai/testing/simulator'

const bot = { appId: '102000001', clientSecret: 'demo-qq-client-secret-not-real' }
const shop = { appId: 'wxdec0de0000000001', appSecret: 'demo-wechat-app-secret-not-real' }
/** Not on the platform's white-list: shows how the status page reports this. */
const branch = { appId: 'wxdec0de0000000002', appSecret: 'demo-branch-app-secret-not-real' }
const office = { corpId: 'wwdec0de0000000001', agentId: '1000002', corpSecret: 'demo-wecom-corp-secret-not-real' }

/** The accounts that the simulated platforms know. */
export const demoAccounts: AccountsOptions = {
  qq: [bot],
  wechat: [shop, { ...branch, ipAllow: ['203.0.113.9'] }],
  wecom: [office],
}

/** The same accounts as the server serves them. */
export function servedAccounts(manager: TokenManager, simulator: Simulator): readonly ServedAccount[] {
  const qq = simulator.provider(qqBot)
  const wechat = simulator.provider(wechatMp)
  const corp = simulator.provider(wecom)
  return [
    { name: 'bot', provider: qq, source: manager.source(qq, bot) },
    { name: 'shop', provider: wechat, source: manager.source(wechat, shop) },
    { name: 'branch', provider: wechat, source: manager.source(wechat, branch) },
    { name: 'office', provider: corp, source: manager.source(corp, office) },
  ]
}
