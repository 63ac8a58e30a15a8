import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bridgeTnwx } from '@lingpai/bridge-tnwx'
import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager } from '@lingpai/core'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { wecom } from '@lingpai/provider-wecom'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import * as tnwx from 'tnwx'
import { silenceTnwx, startTnwx } from './tnwx-on-simulator.js'

let simulator: Simulator
let tokens: TokenManager
let directory: string
silenceTnwx()
beforeEach(async () => {
  simulator = await startSimulator()
  tokens = new TokenManager({ cache: memoryCache() })
  directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
  startTnwx(simulator)
  bridgeTnwx(tnwx, [
    tokens.source(simulator.provider(wechatMp), simulator.accounts.wechat),
    tokens.source(simulator.provider(wecom), simulator.accounts.wecom),
  ])
})
afterEach(async () => {
  await tokens.close()
  await simulator.close()
  await rm(directory, { recursive: true })
})

/** The platform's answer, as text: downloads are bytes. */
const bodyOf = (value: unknown): unknown => (Buffer.isBuffer(value) ? JSON.parse(String(value)) : value)

const calls: readonly (readonly [name: string, call: () => Promise<unknown>])[] = [
  ['GET', () => tnwx.CallbackApi.getCallbackIp()],
  ['POST', () => tnwx.MenuApi.create('{"button":[]}')],
  ['upload of a file', () => tnwx.QyMediaApi.upload(tnwx.QyMediaType.FILE, join(directory, 'a.txt'))],
  ['download of WeChat, as bytes', () => tnwx.MiniCustomerMsgApi.getTempMedia('media-1')],
  ['download of WeCom, as bytes', () => tnwx.QyMediaApi.get('media-1')],
]

test.each(calls)('a %s whose token is rejected is made once more', async (_, call) => {
  await writeFile(join(directory, 'a.txt'), 'text')
  await tnwx.AccessTokenApi.getAccessToken()
  await tnwx.QyAccessTokenApi.getAccessToken()
  simulator.revoke('wechat')
  simulator.revoke('wecom')
  const before = simulator.ledger.tokenRequests()
  const body = bodyOf(await call()) as { readonly errcode?: number }
  expect(body.errcode ?? 0).toBe(0)
  expect(simulator.ledger.tokenRequests() - before).toBe(1)
  expect(simulator.ledger.deadPresented()).toBe(1)
})

test('an error that is not about the token is returned as it came, and the call is made once', async () => {
  await tnwx.AccessTokenApi.getAccessToken()
  const before = simulator.ledger.apiRequests()
  simulator.fault({ endpoint: 'api', body: { errcode: 45009, errmsg: 'reach max api daily quota limit' } })
  expect(await tnwx.CallbackApi.getCallbackIp()).toMatchObject({ errcode: 45009 })
  expect(simulator.ledger.apiRequests() - before).toBe(1)
})

test('a response with its headers (…ToResponse) is healed, too', async () => {
  const { getAccessToken } = await tnwx.AccessTokenApi.getAccessToken()
  simulator.revoke('wechat')
  const url = `https://api.weixin.qq.com/cgi-bin/getcallbackip?access_token=${getAccessToken}`
  expect(await tnwx.HttpKit.getHttpDelegate.httpGetToResponse(url)).toMatchObject({
    status: 200,
    data: { ip_list: expect.any(Array) },
  })
})

test('a call with a token from elsewhere passes unchanged, and reports nothing', async () => {
  await tnwx.AccessTokenApi.getAccessToken()
  const before = simulator.ledger.tokenRequests()
  const url = 'https://api.weixin.qq.com/cgi-bin/getcallbackip?access_token=PLANTED-TOKEN-of-others'
  expect(await tnwx.HttpKit.getHttpDelegate.httpGet(url)).toMatchObject({ errcode: 40014 })
  expect(simulator.ledger.tokenRequests()).toBe(before)
})
