// Compiled by `npm run types`, never run: credentials are typed by their provider.
import { ApiConfigKit, defineProvider, type ProviderSpec, type TokenManager } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'
import { wechatMp, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { wecom } from '@lingpai/provider-wecom'

declare const tokens: TokenManager
declare const secret: string

tokens.source(qqBot, { appId: '1', clientSecret: secret })
tokens.source(qqBot, { appId: 1, clientSecret: () => secret })
tokens.source(wechatMp, { appId: 'wx1', appSecret: () => Promise.resolve(secret) }, { readonly: true })
tokens.source(wechatMpPlain, { appId: 'wx1', appSecret: secret })
tokens.source(wecom, { corpId: 'ww1', agentId: 1000002, corpSecret: secret })
tokens.source(wecom.extend({ baseUrl: 'https://wecom.example/prefix' }), {
  corpId: 'ww1',
  agentId: '1',
  corpSecret: secret,
})
tokens.source(qqBot, qqBot.credentialsFromEnv())
ApiConfigKit.putApiConfig(wecom, wecom.credentialsFromEnv({}))

// @ts-expect-error clientSecret is missing
tokens.source(qqBot, { appId: '1' })
// @ts-expect-error appId is missing
tokens.source(wechatMp, { appSecret: secret })
// @ts-expect-error agentId is missing
tokens.source(wecom, { corpId: 'ww1', corpSecret: secret })
// @ts-expect-error a secret of another platform
tokens.source(qqBot, { appId: '1', appSecret: secret })
// @ts-expect-error there is no such field
tokens.source(qqBot, { appId: '1', clientSecret: secret, token: 'x' })
// @ts-expect-error undefined is not a secret
tokens.source(qqBot, { appId: '1', clientSecret: process.env['QQ_BOT_SECRET'] })
// @ts-expect-error the function must return text
tokens.source(qqBot, { appId: '1', clientSecret: () => 7 })
// @ts-expect-error credentials of QQ, provider of WeCom
ApiConfigKit.putApiConfig(wecom, qqBot.credentialsFromEnv())
// @ts-expect-error there is no such option
tokens.source(qqBot, { appId: '1', clientSecret: secret }, { readOnly: true })

interface Mine {
  readonly key: string
  readonly password: string
}
declare const spec: ProviderSpec<Mine>
const mine = defineProvider<Mine>(spec)
tokens.source(mine, { key: 'k', password: secret })
// @ts-expect-error account names a field that the credentials do not have
defineProvider<Mine>({ ...spec, account: ['id'] })
// @ts-expect-error request() receives the resolved credentials of this provider only
defineProvider<Mine>({ ...spec, request: ({ appId }) => ({ method: 'GET', url: String(appId) }) })
// @ts-expect-error there is no such class
mine.extend({ errors: { api: { 'token-stale': [1] } } })
// @ts-expect-error no table may list a code as unknown
mine.extend({ errors: { api: { unknown: [1] } } })
// @ts-expect-error an explicit undefined would replace the current value
mine.extend({ renewal: { marginSeconds: undefined } })
