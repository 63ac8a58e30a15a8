import { memoryCache } from '@lingpai/cache-memory'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { TokenManager } from '@lingpai/core'

const realDate = Date
let aheadMs = 0

/** What mockdate and `setSystemTime` do: another `Date`, and real timers. */
class ShiftedDate extends realDate {
  static override now(): number {
    return realDate.now() + aheadMs
  }
}

afterEach(() => {
  globalThis.Date = realDate
  aheadMs = 0
})

test('a Date that is replaced after the library was loaded is observed', async () => {
  let requests = 0
  const tokens = new TokenManager({
    cache: memoryCache(),
    fetch: async () => {
      requests += 1
      return Response.json({ access_token: `simtok-${requests}`, expires_in: 7200 })
    },
  })
  const source = tokens.source(wechatMp, { appId: 'wx0123456789abcdef', appSecret: 'simsec-0123456789abcdef01234567' })
  globalThis.Date = ShiftedDate as DateConstructor
  expect(await source.getAccessToken()).toBe('simtok-1')
  aheadMs = 3 * 3_600_000
  expect(await source.getAccessToken()).toBe('simtok-2')
  const { issuedAtMs } = await source.getRecord()
  expect(issuedAtMs).toBeGreaterThan(realDate.now() + aheadMs - 60_000)
  expect(requests).toBe(2)
  await tokens.close()
})
