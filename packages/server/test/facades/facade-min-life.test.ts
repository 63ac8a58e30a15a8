import { wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { TokenManager } from '@lingpai/core'
import { memoryCache } from '@lingpai/cache-memory'
import { appIds, openFacadeWorld, secrets, wechatTokenPath, type FacadeWorld } from './facade-world.js'

let world: FacadeWorld
let manager: TokenManager
let key: string

/** How long before the reported end some SDKs drop a token, such as silenceper/wechat. */
const givenUpSeconds = 1500
const minLifeSeconds = 1800

beforeEach(async () => {
  world = await openFacadeWorld()
  const renewal = { attemptsAtSeconds: [minLifeSeconds + 120, 600], jitterSeconds: 60 }
  const provider = world.simulator.provider(wechatMpPlain).extend({ renewal })
  manager = new TokenManager({ cache: memoryCache(), clock: world.clock })
  const source = manager.source(provider, { appId: appIds.wechat, appSecret: secrets.wechat })
  world.accounts.replace([{ name: 'shop', provider, source, minLifeSeconds }])
  key = world.key(['shop'])
})
afterEach(async () => {
  await world.close()
  await manager.close()
})

const api = async (token: string): Promise<object> => {
  const path = `/wechat/cgi-bin/getcallbackip?access_token=${token}`
  return (await (await fetch(world.simulator.url + path)).json()) as object
}

test('a client that drops tokens early has a living token throughout six hours, and a usable lifetime', async () => {
  let held = { token: '', untilSeconds: 0 }
  for (let second = 0; second < 22_000; second += 300) {
    if (second >= held.untilSeconds) {
      const { access_token: token, expires_in: told } = await world.get(wechatTokenPath(key))
      expect(Number(told)).toBeGreaterThanOrEqual(minLifeSeconds)
      held = { token, untilSeconds: second + Number(told) - givenUpSeconds }
    }
    expect(await api(held.token)).toHaveProperty('ip_list')
    await world.clock.advance(300_000)
  }
  // One new token every 5400 s, in addition to the first.
  expect(world.simulator.ledger.tokenRequests()).toBeLessThanOrEqual(6)
})

test('while the platform is down, a token with a shorter lifetime is handed out', async () => {
  const { access_token: token } = await world.get(wechatTokenPath(key))
  world.simulator.fault({ endpoint: 'token', drop: 'before', times: 1000 })
  await world.clock.advance(6_000_000)
  const { access_token: same, expires_in: left } = await world.clock.runUntil(world.get(wechatTokenPath(key)))
  expect(same === token).toBe(true)
  // The attempts took a moment.
  expect(Number(left)).toBeGreaterThan(1150)
  expect(Number(left)).toBeLessThanOrEqual(1200)
})
