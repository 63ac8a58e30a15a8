import { failed, pythonScripts, startSdk, type SdkProcess } from '../facades/start-sdk.js'
import { openSdkWorld, type PlatformName, type SdkWorld } from './sdk-world.js'

/** Real SDKs, and programs without one where a platform's SDKs have their URL in the code. */
const sdks: readonly (readonly [sdk: string, platform: PlatformName])[] = [
  ['tnwx', 'wechat'],
  ['co-wechat-api', 'wechat'],
  ['node-easywechat', 'wechat'],
  ['node-easywechat-work', 'wecom'],
  ['node-sdk', 'feishu'],
  ['fetch-qq', 'qq'],
  ['fetch-dingtalk', 'dingtalk'],
  ['fetch-dingtalk-old', 'dingtalk'],
  ...pythonScripts.map((name) => [name, 'wechat'] as const),
]

let world: SdkWorld
beforeEach(async () => {
  world = await openSdkWorld()
})
afterEach(() => world.close())

describe.each(sdks)('%s with nothing but its base URL changed', (name, platform) => {
  let sdk: SdkProcess
  let other: SdkProcess
  beforeAll(async () => {
    ;[sdk, other] = await Promise.all([startSdk(name), startSdk(name)])
  })
  afterAll(() => Promise.all([sdk.end(), other.end()]))

  test('twenty cold instances make one token request at the platform', async () => {
    const place = world.place(platform, 0)
    expect(failed(await sdk.do({ open: { instances: 20, place }, all: 'plainCall' }))).toEqual([])
    const { tokenRequests, apiRequests } = world.simulator.ledger.summary()
    expect([tokenRequests, apiRequests]).toEqual([1, 20])
  })

  test('no call of fifty fails when their token was revoked, one refresh replaces it, and the other account keeps its own', async () => {
    const [place, otherPlace] = [world.place(platform, 0), world.place(platform, 1)]
    await sdk.do({ open: { instances: 50, place }, all: 'plainCall' })
    await other.do({ open: { instances: 5, place: otherPlace }, all: 'plainCall' })
    const [account, otherAccount] = [world.account(platform, 0), world.account(platform, 1)]
    world.simulator.revoke(account)
    const { ledger } = world.simulator
    ledger.reset()
    const outcomes = await Promise.all([sdk.do({ all: 'plainCall' }), other.do({ all: 'plainCall' })])
    expect(outcomes.map((all) => [all.length, failed(all)])).toEqual([
      [50, []],
      [5, []],
    ])
    expect([ledger.tokenRequests(account), ledger.tokenRequests(otherAccount)]).toEqual([1, 0])
    const { ok = 0, healed = 0, ...others } = await world.outcomes()
    const dead = ledger.deadPresented({ kind: 'revoked', account })
    expect([others, ok + healed, healed]).toEqual([{}, 110, dead])
    expect(dead).toBeGreaterThan(0)
    expect([ledger.apiRequests(account), ledger.apiRequests(otherAccount)]).toEqual([50 + dead, 5])
  })
})
