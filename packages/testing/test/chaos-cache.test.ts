import type { IAccessTokenCache } from '@lingpai/core'
import { chaosCache, testClock } from '@lingpai/testing'
import { cacheConformance } from '@lingpai/testing/conformance'
import { leasedCache } from './conformance/leased-cache.js'

const key = 'lingpai:1:qq-bot:bot:https%3A%2F%2Fapi.bot.qq.com:10001:5d41'

cacheConformance(
  (name, body) => {
    test(`without orders, as the cache inside: ${name}`, body)
  },
  () => {
    let nowMs = 1_800_000_000_000
    return {
      cache: chaosCache(leasedCache(() => nowMs)),
      nowMs: () => nowMs,
      advanceMs: (ms) => {
        nowMs += ms
      },
      close: () => undefined,
    }
  },
  { without: ['subscribe', 'close', 'reopen', 'damage', 'breakStore'] },
)

test('the chaos cache has the capabilities of the cache it wraps, and no others', () => {
  const plain: IAccessTokenCache = { get: () => undefined, set: () => undefined, remove: () => undefined }
  expect(chaosCache(plain)).not.toHaveProperty('lease')
  expect(chaosCache(plain)).not.toHaveProperty('reach')
  expect(chaosCache(plain)).not.toHaveProperty('subscribe')
  const end = (): void => undefined
  const rich = chaosCache({ ...plain, reach: 'fleet', subscribe: () => end, nowMs: () => 5, close: () => undefined })
  expect([rich.reach, rich.nowMs?.(), rich.subscribe?.(() => undefined)]).toEqual(['fleet', 5, end])
  expect(rich.close?.()).toBeUndefined()
})

test('a failing call rejects and does not reach the store', async () => {
  const chaos = chaosCache(leasedCache())
  chaos.fail('set')
  await expect(chaos.set(key, 'one')).rejects.toMatchObject({ name: 'ChaosError', code: 'ECONNREFUSED' })
  chaos.heal()
  expect(await chaos.get(key)).toBeUndefined()
})

test('a failing call rejects with the given error', async () => {
  const chaos = chaosCache(leasedCache())
  const error = Object.assign(new Error('disk'), { code: 'EIO' })
  chaos.fail('get', { error })
  await expect(chaos.get(key)).rejects.toBe(error)
})

test('a fault of a cache affects the nth call and later ones, up to its number of times', async () => {
  const chaos = chaosCache(leasedCache())
  chaos.fail('get', { nth: 2, times: 2 })
  const outcomes: string[] = []
  for (let call = 1; call <= 5; call++) {
    await chaos.get(key).then(
      () => outcomes.push('ok'),
      () => outcomes.push('failed'),
    )
  }
  expect(outcomes).toEqual(['ok', 'failed', 'failed', 'ok', 'ok'])
  expect(chaos.calls.get).toBe(5)
  expect(chaos.faults.get).toBe(2)
  expect(chaos.calls.set).toBe(0)
})

test('with the same seed, the same calls of a cache fail', async () => {
  const run = async (): Promise<string> => {
    let state = 42
    const chaos = chaosCache(leasedCache(), {
      random: () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647,
    })
    chaos.fail('get', { chance: 0.5 })
    let outcome = ''
    for (let call = 0; call < 40; call++) {
      outcome += await chaos.get(key).then(
        () => '.',
        () => 'x',
      )
    }
    return outcome
  }
  expect(await run()).toBe(await run())
  expect(await run()).toMatch(/\.x|x\./)
})

test('a hanging call reaches the store only when it is released', async () => {
  const inside = leasedCache()
  const chaos = chaosCache(inside)
  const letGo = chaos.hang('commit', { times: 1 })
  await chaos.lease?.take(key, 'a', 1000)
  const committing = chaos.lease?.commit(key, 'a', 'one')
  expect(inside.get(key)).toBeUndefined()
  letGo()
  expect(await committing).toBe(true)
  expect(inside.get(key)).toBe('one')
})

test('heal() releases the hanging calls of the named operation', async () => {
  const chaos = chaosCache(leasedCache())
  chaos.hang('get')
  chaos.fail('set')
  const getting = chaos.get(key)
  chaos.heal('get')
  expect(await getting).toBeUndefined()
  await expect(chaos.set(key, 'one')).rejects.toThrow('ECONNREFUSED')
})

test('a delayed call waits on the injected clock', async () => {
  const clock = testClock()
  const inside = leasedCache()
  const chaos = chaosCache(inside, { clock })
  chaos.delay('set', 5000)
  const setting = chaos.set(key, 'one')
  await clock.advance(4999)
  expect(inside.get(key)).toBeUndefined()
  await clock.advance(1)
  await setting
  expect(inside.get(key)).toBe('one')
})

test('a lost write is acknowledged and never happens', async () => {
  const chaos = chaosCache(leasedCache())
  await chaos.set(key, 'old')
  for (const operation of ['set', 'remove', 'commit', 'release'] as const) chaos.lose(operation)
  expect(await chaos.lease?.take(key, 'a', 1000)).toBe(true)
  await chaos.set(key, 'new')
  await chaos.remove(key)
  expect(await chaos.lease?.commit(key, 'a', 'newer')).toBe(true)
  await chaos.lease?.release(key, 'a')
  chaos.heal()
  expect(await chaos.get(key)).toBe('old')
  expect(await chaos.lease?.take(key, 'b', 1000)).toBe(false)
})

test('a call that times out is still carried out', async () => {
  const chaos = chaosCache(leasedCache())
  chaos.timeOut('set')
  await expect(chaos.set(key, 'one')).rejects.toMatchObject({ code: 'ETIMEDOUT' })
  expect(await chaos.get(key)).toBe('one')
})

test('garbled reads return garbage, never the value', async () => {
  const chaos = chaosCache(leasedCache())
  await chaos.set(key, '{"value":"token"}')
  chaos.garble()
  for (let read = 0; read < 50; read++) {
    const text = await chaos.get(key)
    expect(typeof text).toBe('string')
    expect(text).not.toBe('{"value":"token"}')
    expect(text).not.toBe('')
  }
  chaos.garble({ text: '<html>' })
  expect(await chaos.get(key)).toBe('<html>')
})

test('the latest fault of a cache applies, and when it ends, the one before it applies again', async () => {
  const chaos = chaosCache(leasedCache())
  chaos.garble({ text: 'rubbish' })
  chaos.fail('get', { times: 1 })
  await expect(chaos.get(key)).rejects.toThrow('ECONNREFUSED')
  expect(await chaos.get(key)).toBe('rubbish')
})
