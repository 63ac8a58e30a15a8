import { TokenManager, type Clock } from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { plainCache } from './plain-cache.js'
import { openWorld, hour, second, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

/** A clock that goes on by three hours right before one of its reads, as for a process that was stopped between two of them. */
function stoppingClock(inner: Clock) {
  let aheadMs = 0
  let readsLeft = Infinity
  const read = (ms: number): number => {
    readsLeft -= 1
    if (readsLeft === 0) aheadMs += 3 * hour
    return ms + aheadMs
  }
  const clock: Clock = {
    now: () => read(inner.now()),
    monotonic: () => read(inner.monotonic()),
    setTimer: inner.setTimer,
  }
  return {
    clock,
    stopAtRead: (count: number) => void (readsLeft = count),
    hasStopped: () => readsLeft <= 0,
  }
}

test('a process that is stopped between two reads of its clocks serves no expired token afterwards', async () => {
  const dead: number[] = []
  for (let count = 1; ; count += 1) {
    const { clock, stopAtRead, hasStopped } = stoppingClock(world.clock)
    await using manager = new TokenManager({ cache: plainCache().cache, clock, random: () => 0.5 })
    const source = manager.source(world.simulator.provider(wechatMpPlain), world.simulator.accounts.wechat)
    const old = await source.getAccessToken()
    stopAtRead(count)
    await source.getAccessToken({ minLifeMs: 1 })
    const isOver = !hasStopped()
    // Other accounts keep the clocks watched.
    await world.clock.advance(second)
    if (!isOver && source.peek() === old) dead.push(count)
    if (isOver) break
  }
  expect(dead).toEqual([])
})
