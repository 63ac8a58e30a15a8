import { jest } from '@jest/globals'
import { memoryCache } from '@lingpai/cache-memory'
import { qqBot } from '@lingpai/provider-qq-bot'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { TokenManager } from '../../../examples/openclaw-token-manager/token-manager.js'

let simulator: Simulator
let manager: TokenManager
beforeEach(async () => {
  simulator = await startSimulator()
  manager = new TokenManager(memoryCache(), simulator.provider(qqBot))
})
afterEach(async () => {
  jest.restoreAllMocks()
  await manager.close()
  await simulator.close()
})

const get = (): Promise<string> => {
  const { appId, clientSecret } = simulator.accounts.qq
  return manager.getAccessToken(` ${appId}`, clientSecret)
}
const callWith = (token: string): Promise<Response> =>
  fetch(`${simulator.url}/qq/users/@me`, { headers: { authorization: `QQBot ${token}` } })

test('50 callers make one request, and 50 that find the token revoked one more', async () => {
  const tokens = await Promise.all(Array.from({ length: 50 }, get))
  expect(simulator.ledger.tokenRequests()).toBe(1)
  simulator.revoke('qq')
  jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 3000)
  const healed = await Promise.all(
    tokens.map(async (token) => {
      expect((await callWith(token)).status).toBe(401)
      manager.clearCache(simulator.accounts.qq.appId)
      return callWith(await get())
    }),
  )
  expect(healed.map(({ status }) => status)).toEqual(Array(50).fill(200))
  expect(simulator.ledger.tokenRequests()).toBe(2)
})

test('a status is in the plugin’s words', async () => {
  const { appId, clientSecret } = simulator.accounts.qq
  expect(manager.getStatus(appId)).toEqual({ status: 'none', expiresAt: null })
  manager.startBackgroundRefresh(appId, clientSecret)
  await get()
  expect(manager.getStatus(appId)).toEqual({ status: 'valid', expiresAt: expect.any(Number) })
  manager.stopBackgroundRefresh()
  manager.clearCache()
})
