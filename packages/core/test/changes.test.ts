import type { CacheChange, IAccessTokenCache } from '@lingpai/core'
import { openWorld, type World } from './world.js'
import { plainCache } from './plain-cache.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

/** A shared store that reports writes, and responds when it is allowed to. */
function tellingCache() {
  const { cache: plain, stored } = plainCache()
  const listeners = new Set<(change: CacheChange) => void>()
  const waiting: (() => void)[] = []
  const state = { gets: 0, running: 0, mostRunning: 0, isHeld: false }
  const cache: IAccessTokenCache = {
    ...plain,
    reach: 'fleet',
    get: async (key) => {
      state.gets += 1
      state.running += 1
      state.mostRunning = Math.max(state.mostRunning, state.running)
      const found = plain.get(key)
      if (state.isHeld) await new Promise<void>((resolve) => waiting.push(resolve))
      state.running -= 1
      return found
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  return {
    cache,
    stored,
    state,
    tell: (change: CacheChange) => {
      for (const listener of listeners) listener(change)
    },
    letGo: () => {
      state.isHeld = false
      for (const go of waiting.splice(0)) go()
    },
  }
}

const untrue = [1e300, Infinity, Number.MAX_SAFE_INTEGER, -1, -Infinity, NaN, 2, undefined] as const

test('a flood of changes costs one current and one further look at the cache, and the last change is seen', async () => {
  const { cache, stored, state, tell, letGo } = tellingCache()
  const manager = world.manager({ cache })
  const source = world.source('wechatPlain', manager)
  const { value } = await source.getRecord()
  const [key = '', text = ''] = [...stored].find(([, entry]) => entry.includes(value)) ?? []
  state.gets = 0
  state.isHeld = true
  for (let message = 0; message < 3000; message += 1) {
    const generation = untrue[message % untrue.length]
    tell({ key, ...(generation !== undefined && { generation }) })
    if (message % 100 === 0) await undefined
  }
  expect(state.gets).toBe(1)

  // Written after the current look has read the entry: only the next look can find it.
  const renewed = { ...(JSON.parse(text) as object), access_token: 'renewed-by-another', generation: 2 }
  stored.set(key, JSON.stringify(renewed))
  tell({ key, generation: 2 })
  const adopted = new Promise((resolve) => manager.on('adopted', resolve))
  letGo()
  expect(await adopted).toMatchObject({ generation: 2 })
  expect(source.peek()).toBe('renewed-by-another')
  expect(state).toMatchObject({ gets: 2, mostRunning: 1 })
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

test('a flood of changes while another process holds the lease does not cause a look at the store each', async () => {
  const { cache: plain, tell, state } = tellingCache()
  let key = ''
  const lease: IAccessTokenCache['lease'] = {
    take: (name) => {
      key = name
      return false
    },
    commit: () => false,
    release: () => undefined,
  }
  const source = world.source('wechatPlain', world.manager({ cache: { ...plain, lease } }))
  const waiting = source.getAccessToken().catch((error: unknown) => error)
  for (let message = 0; message < 3000; message += 1) {
    tell({ key })
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(key).not.toBe('')
  expect(state.gets).toBeLessThan(100)
  expect(await world.clock.runUntil(waiting)).toMatchObject({ code: 'ERR_LINGPAI_LEASE' })
})
