import type { CacheError, Clock, IAccessTokenCache } from '@lingpai/core'
import { testClock, type TestClock } from '@lingpai/testing'
import { BoundedStore, CacheGate, type CacheUser } from '../src/cache/bounded-cache.js'

let clock: TestClock
let failures: CacheError[]
beforeEach(() => {
  clock = testClock()
  failures = []
})

const empty: IAccessTokenCache = { get: () => undefined, set: () => undefined, remove: () => undefined }

/** An account that notes failures, and whether the last operation failed. */
function newUser(): CacheUser {
  let isSilent = false
  return {
    onCacheFailure: (error) => {
      failures.push(error)
      isSilent = error.details.operation !== 'now'
    },
    onCacheSuccess: () => {
      isSilent = false
    },
    isCacheSilent: () => isSilent,
    heldTokens: () => ['held-token'],
  }
}

function gateTo(cache: Partial<IAccessTokenCache>): CacheGate {
  return new CacheGate(new BoundedStore({ ...empty, ...cache }, clock, 1000), newUser())
}

test.each([undefined, null, '', 7, {}, Promise.resolve(null), Promise.resolve('')])(
  'a cached value of %p is a miss',
  async (value) => {
    expect(await gateTo({ get: () => value as string }).get('k')).toEqual({ ok: true, value: undefined })
    expect(failures).toEqual([])
  },
)

test('values of the store are returned, whether it is sync or async', async () => {
  expect(await gateTo({ get: (key) => `value of ${key}` }).get('k')).toEqual({ ok: true, value: 'value of k' })
  expect(await gateTo({ get: (key) => Promise.resolve(key) }).get('k')).toEqual({ ok: true, value: 'k' })
  expect(clock.pendingTimers).toBe(0)
})

test.each([
  [
    'throws',
    (): never => {
      throw new Error('disk held-token')
    },
  ],
  ['rejects', (): Promise<never> => Promise.reject(new Error('disk held-token'))],
])('a store that %s has failed, which is not a miss', async (_, fail) => {
  const gate = gateTo({
    get: fail,
    set: fail,
    remove: fail,
    reach: 'host',
    lease: { take: fail, commit: fail, release: fail },
  })
  const outcomes = [
    await gate.get('k'),
    await gate.set('k', '{"access_token":"new-token"}', 1),
    await gate.remove('k'),
    await gate.take('k', 'h', 1),
    await gate.commit('k', 'h', '{"access_token":"new-token"}', 1),
    await gate.release('k', 'h'),
  ]
  expect(outcomes.every(({ ok }) => !ok)).toBe(true)
  expect(failures.map(({ details }) => details.operation)).toEqual([
    'get',
    'set',
    'remove',
    'take',
    'commit',
    'release',
  ])
  expect(failures[0]).toMatchObject({
    code: 'ERR_LINGPAI_CACHE',
    message: 'cache: get failed',
    retryable: true,
    details: { operation: 'get', reach: 'host', problem: 'failed' },
    cause: { message: 'disk ***' },
  })
})

test('a store that does not respond in time has failed, and its late response is ignored', async () => {
  let answer: (value: string) => void = () => undefined
  const gate = gateTo({ get: () => new Promise<string>((resolve) => (answer = resolve)) })
  const startMs = clock.now()
  const outcome = await clock.runUntil(gate.get('k'))
  expect(outcome).toMatchObject({ ok: false, error: { details: { operation: 'get', problem: 'timeout' } } })
  expect(clock.now() - startMs).toBe(1000)
  answer('late')
  await clock.settle()
  const rejecting = gateTo({
    set: () =>
      new Promise((_, reject) =>
        clock.setTimer(() => {
          reject(new Error('late'))
        }, 2000),
      ),
  })
  expect(await clock.runUntil(rejecting.set('k', 'v', 1))).toMatchObject({ ok: false })
  await clock.advance(5000)
  expect(failures).toHaveLength(2)
})

test('taking the lease of a store without leases fails, and releasing it does nothing', async () => {
  const gate = gateTo({})
  expect(await gate.take('k', 'h', 1)).toMatchObject({ ok: false })
  expect(await gate.commit('k', 'h', 'v', 1)).toMatchObject({ ok: false })
  expect(await gate.release('k', 'h')).toMatchObject({ ok: true })
})

test('the shared time is the store’s, or that of this host if the store has none or does not respond', async () => {
  expect(await gateTo({}).sharedNowMs()).toBe(clock.now())
  expect(await gateTo({ nowMs: () => Promise.resolve(42) }).sharedNowMs()).toBe(42)
  expect(await gateTo({ nowMs: () => Number.NaN }).sharedNowMs()).toBe(clock.now())
  expect(failures).toEqual([])
  expect(await gateTo({ nowMs: () => Promise.reject(new Error('down')) }).sharedNowMs()).toBe(clock.now())
  expect(failures[0]).toMatchObject({ details: { operation: 'now' } })
})

test('a slow response of the store’s clock is read as the latest possible time, and written as the earliest', async () => {
  const told = (ms: number): Promise<number> => new Promise((resolve) => clock.setTimer(() => resolve(ms), 300))
  const gate = gateTo({ nowMs: () => told(10_000) })
  expect(await clock.runUntil(gate.sharedNowMs())).toBe(10_300)
  expect(gate.reckonedEarliestMs()).toBe(10_000)
  await clock.advance(50)
  expect([gate.reckonedNowMs(), gate.reckonedEarliestMs()]).toEqual([10_350, 10_050])
})

test('the store’s clock decides how long ago a moment was if the clocks of the process disagree', async () => {
  const gate = gateTo({ nowMs: () => Promise.resolve(1_000_000 + clock.monotonic()) })
  const untold = gate.moment()
  await gate.sharedNowMs()
  const told = gate.moment()
  await clock.advance(200)
  expect([gate.msSince(untold), gate.msSince(told)]).toEqual([200, 200])
  clock.jumpWall(300_000)
  // Not before the store has reported its time again: the machine may have slept.
  expect(gate.msSince(told)).toBe(300_200)
  await gate.sharedNowMs()
  expect([gate.msSince(untold), gate.msSince(told)]).toEqual([300_200, 200])
  const own = gateTo({})
  const moment = own.moment()
  clock.jumpWall(300_000)
  expect(own.msSince(moment)).toBe(300_000)
})

test('a timeout that fires late because the process was stopped waits once more for the response', async () => {
  let stopMs = 5000
  const stopped: Clock = {
    ...clock,
    setTimer: (call, delayMs, options) => {
      const timer = clock.setTimer(call, delayMs + stopMs, options)
      stopMs = 0
      return timer
    },
  }
  let answer: ((value: string) => void) | undefined
  const slow: IAccessTokenCache = { ...empty, get: () => new Promise((resolve) => (answer = resolve)) }
  const gateTo = (): CacheGate => new CacheGate(new BoundedStore(slow, stopped, 1000), newUser())
  const first = gateTo().get('k')
  await clock.advance(6001)
  answer?.('value')
  expect(await first).toEqual({ ok: true, value: 'value' })
  const second = gateTo().get('k')
  await clock.advance(1000)
  expect(await second).toMatchObject({ ok: false })
})

test('the clock of a store that failed is read again after any successful operation', async () => {
  let isUp = false
  const answer = <T>(value: T): Promise<T> => (isUp ? Promise.resolve(value) : Promise.reject(new Error('down')))
  const gate = gateTo({ get: () => answer(undefined), nowMs: () => answer(42) })
  await gate.get('k')
  expect(await gate.sharedNowMs()).toBe(clock.now())
  expect(failures.map(({ details }) => details.operation)).toEqual(['get'])
  isUp = true
  await gate.get('k')
  expect(await gate.sharedNowMs()).toBe(42)
})
