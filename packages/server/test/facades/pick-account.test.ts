import type { TokenSource } from '@lingpai/core'
import { wechatMp, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { callerOf } from '../../src/auth/caller.js'
import { wechatFacade } from '../../src/facades/wechat-facade.js'
import { pickAccount } from '../../src/facades/pick-account.js'
import { createClientKey } from '../../src/keys/client-key.js'
import type { ServedAccount } from '../../src/accounts/served-account.js'

const ids = { appId: 'wx1' }
const account = (name: string, provider: typeof wechatMp): ServedAccount => {
  const source: Partial<TokenSource> = { account: { provider: provider.id, kind: provider.kind, host: 'h', ids } }
  return { name, provider, source: source as TokenSource }
}
const callerFor = (...accounts: readonly string[]) =>
  callerOf(createClientKey({ name: 'k', role: 'reader', accounts }, 0).key)
const both = [account('stable', wechatMp), account('plain', wechatMpPlain)]

test('an app with both kinds of tokens gives each route its own kind', () => {
  const pick = (...kinds: readonly string[]) =>
    pickAccount(both, callerFor('stable', 'plain'), wechatFacade.platform, { ids, kinds }).name
  expect([pick('token', 'stable'), pick('stable', 'token')]).toEqual(['plain', 'stable'])
})

test('an app with one kind of token gives it to both routes', () => {
  expect(pickAccount(both, callerFor('stable'), wechatFacade.platform, { ids, kinds: ['token', 'stable'] }).name).toBe(
    'stable',
  )
})

test('two accounts of one kind are distinguished by the name after the key', () => {
  const twins = [account('one', wechatMp), account('two', wechatMp)]
  const kinds = ['stable']
  const caller = callerFor('one', 'two')
  expect(() => pickAccount(twins, caller, wechatFacade.platform, { ids, kinds })).toThrow('(one, two)')
  expect(pickAccount(twins, caller, wechatFacade.platform, { ids, kinds, name: 'two' }).name).toBe('two')
  expect(() => pickAccount(twins, caller, wechatFacade.platform, { ids, kinds, name: 'three' })).toThrow(
    'invalid appsecret',
  )
})
