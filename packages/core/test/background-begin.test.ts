import { TokenManager, type IAccessTokenCache } from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { testClock } from '@lingpai/testing'
import { plainCache } from './plain-cache.js'
import { second } from './world.js'

const count = 2000

test('2,000 background refreshes that begin at one moment do not read the cache all at once', async () => {
  const clock = testClock()
  const { cache: plain } = plainCache()
  const reads = { underWay: 0, mostAtOnce: 0, all: 0 }
  const get: IAccessTokenCache['get'] = async (key) => {
    reads.all += 1
    reads.underWay += 1
    reads.mostAtOnce = Math.max(reads.mostAtOnce, reads.underWay)
    await new Promise<void>((resolve) => void clock.setTimer(resolve, 10))
    reads.underWay -= 1
    return plain.get(key)
  }
  const fetch: typeof globalThis.fetch = async () => Response.json({ access_token: 'token', expires_in: 7200 })
  const manager = new TokenManager({ cache: { ...plain, get, reach: 'fleet' }, clock, fetch })
  const sources = Array.from({ length: count }, (_, i) =>
    manager.source(wechatMpPlain, { appId: `wx${String(i).padStart(16, '0')}`, appSecret: 'made-up-secret' }),
  )
  for (const source of sources) source.startBackgroundRefresh()
  await clock.advance(10 * second)
  expect(sources.every((source) => source.peek() === 'token')).toBe(true)
  expect(reads.all).toBeGreaterThanOrEqual(count)
  expect(reads.mostAtOnce).toBeLessThan(400)
  await manager.close()
})

test('the first background refreshes begin at once, and one that is stopped before it began reads nothing', async () => {
  const clock = testClock()
  const { cache: plain } = plainCache()
  const read = new Set<string>()
  const get: IAccessTokenCache['get'] = (key) => {
    read.add(key)
    return plain.get(key)
  }
  const manager = new TokenManager({ cache: { ...plain, get }, clock, fetch: () => new Promise(() => undefined) })
  const sources = Array.from({ length: 200 }, (_, i) =>
    manager.source(wechatMpPlain, { appId: `wx${String(i).padStart(16, '0')}`, appSecret: 'made-up-secret' }),
  )
  for (const source of sources) source.startBackgroundRefresh()
  await clock.settle()
  const begun = read.size
  expect(begun).toBeGreaterThanOrEqual(32)
  expect(begun).toBeLessThan(200)
  for (const source of sources) source.stopBackgroundRefresh()
  await clock.advance(second)
  expect(read.size).toBe(begun)
  await manager.close()
})
