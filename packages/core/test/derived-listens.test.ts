import type { CacheChange, IAccessTokenCache } from '@lingpai/core'
import { jsapiTicket, wechatMp } from '@lingpai/provider-wechat-mp'
import { plainCache } from './plain-cache.js'
import { openWorld, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

/** A store that reports writes, who listens to it, and which keys are read. */
function toldCache() {
  const { cache: plain, stored } = plainCache()
  const listeners = new Set<(change: CacheChange) => void>()
  const read: string[] = []
  const cache: IAccessTokenCache = {
    ...plain,
    reach: 'fleet',
    get: (key) => {
      read.push(key)
      return plain.get(key)
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  const tellAll = (): void => {
    for (const key of stored.keys()) for (const listener of listeners) listener({ key })
  }
  return { cache, listeners, read, tellAll }
}

const ticketProvider = () => world.simulator.provider(jsapiTicket.extend({ parent: wechatMp }))

test('a removed derived source reads neither its own record nor that of its parent', async () => {
  const { cache, read, tellAll } = toldCache()
  const manager = world.manager({ cache })
  const ticket = manager.source(ticketProvider(), world.simulator.accounts.wechat)
  await ticket.getAccessToken()
  manager.remove(ticket)
  read.length = 0
  tellAll()
  await world.clock.settle()
  expect(read).toEqual([])
})

test('a manager that is closed while a secret is fetched does not listen to the cache again', async () => {
  const { cache, listeners } = toldCache()
  const manager = world.manager({ cache })
  let give = (_: string): void => undefined
  const { appId, appSecret } = world.simulator.accounts.wechat
  const secret = new Promise<string>((resolve) => (give = resolve))
  const ticket = manager.source(ticketProvider(), { appId, appSecret: () => secret })
  const token = ticket.getAccessToken()
  token.catch(() => undefined)
  await world.clock.settle()
  await manager.close()
  give(appSecret)
  await expect(token).rejects.toMatchObject({ code: 'ERR_LINGPAI_CLOSED' })
  await world.clock.settle()
  expect(listeners.size).toBe(0)
})

test('a call of a removed source fails at once while its secret is fetched', async () => {
  const manager = world.manager()
  const { appId } = world.simulator.accounts.wechat
  const source = manager.source(world.simulator.provider(wechatMp), {
    appId,
    appSecret: () => new Promise(() => undefined),
  })
  let outcome: unknown
  source.getAccessToken().catch((error: unknown) => (outcome = error))
  await world.clock.settle()
  manager.remove(source)
  await world.clock.settle()
  expect(outcome).toMatchObject({ code: 'ERR_LINGPAI_CLOSED' })
})
