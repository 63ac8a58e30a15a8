import { chaosCache } from '@lingpai/testing'
import { memoryCache } from '@lingpai/cache-memory'
import { registry } from '../src/manager/process-registry.js'
import { recordKey, type KeyedSource } from '../src/source/record-key.js'
import { noteAsking } from '../src/state/account-state.js'
import { settled } from '../src/state/unsettled.js'
import { openWorld, second, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

test('all accounts share one object for what is unsettled while nothing is, so that an idle one is small', async () => {
  const cache = chaosCache(memoryCache({ clock: world.clock }), { clock: world.clock })
  const source = world.source('wechatPlain', world.manager({ cache }))
  const key = await (source as unknown as KeyedSource)[recordKey]()
  const isSettled = (): boolean => registry.state(cache, world.clock, key).unsettled === settled
  expect(isSettled()).toBe(true)
  cache.fail('set', { times: 1 })
  await world.clock.runUntil(source.getAccessToken())
  expect(isSettled()).toBe(false)
  await world.clock.advance(10 * second)
  expect(isSettled()).toBe(true)
  await world.clock.runUntil(source.refresh())
  expect(isSettled()).toBe(true)
})

test('only an upstream request under way counts as one, also where another was sent before it was over', async () => {
  const cache = memoryCache({ clock: world.clock })
  const state = registry.state(cache, world.clock, 'an account')
  const firstIsOver = noteAsking(state, world.clock)
  await world.clock.advance(second)
  const secondIsOver = noteAsking(state, world.clock)
  const [, later] = state.unsettled.asking
  firstIsOver()
  expect(state.unsettled.asking).toEqual([later])
  secondIsOver()
  await later?.over
  expect(state.unsettled).toBe(settled)
})
