import { getEventListeners } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { onAbort } from '../src/time/on-abort.js'
import { apiPath, openWorld, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length

test('fifty calls that share a signal add one listener to it, and leave none', async () => {
  const source = world.source('wechat')
  const { signal } = new AbortController()
  const calls = Array.from({ length: 50 }, () => source.getAccessToken({ signal, minLifeMs: 1 }))
  const records = Array.from({ length: 50 }, () => source.getRecord({ signal }))
  const refreshes = Array.from({ length: 50 }, () => source.refresh({ signal }))
  await setImmediate()
  expect(listenersOf(signal)).toBe(1)
  await Promise.all([...calls, ...records, ...refreshes])
  const [token = ''] = await Promise.all(calls)
  const reports = Array.from({ length: 50 }, () => source.reportRejected(token, 40001, { signal }))
  await setImmediate()
  expect(listenersOf(signal)).toBe(1)
  await Promise.all(reports)
  await Promise.all(Array.from({ length: 50 }, () => source.withToken(() => undefined, { signal })))
  expect(listenersOf(signal)).toBe(0)
})

test('background refreshes that share a signal add one listener to it, and all stop by it', async () => {
  const stop = new AbortController()
  const sources = (['qq', 'wechat', 'wechatPlain', 'wecom'] as const).map((name) => world.source(name))
  for (const source of sources) source.startBackgroundRefresh({ signal: stop.signal })
  expect(listenersOf(stop.signal)).toBe(1)
  stop.abort()
  expect(sources.map((source) => source.status().hasBackgroundRefresh)).toEqual([false, false, false, false])
  expect(listenersOf(stop.signal)).toBe(0)
})

test('calls that share a signal all reject with its reason', async () => {
  const source = world.source('wechat')
  const stop = new AbortController()
  const calls = Array.from({ length: 20 }, () => source.getAccessToken({ signal: stop.signal }))
  const reason = new Error('no longer wanted')
  stop.abort(reason)
  const ends = await Promise.allSettled(calls)
  expect(new Set(ends.map((end) => end.status === 'rejected' && end.reason === reason))).toEqual(new Set([true]))
  expect(await source.fetch(apiPath.wechat).then(({ status }) => status)).toBe(200)
})

describe('onAbort', () => {
  test('calls back immediately if the signal has aborted', () => {
    let calls = 0
    onAbort(AbortSignal.abort(), () => (calls += 1))()
    expect(calls).toBe(1)
  })

  test('calls a callback that was added twice twice, and once after one removal', () => {
    for (const [ended, expected] of [
      [0, 2],
      [1, 1],
      [2, 0],
    ] as const) {
      const stop = new AbortController()
      let calls = 0
      const callback = (): void => void (calls += 1)
      const ends = [onAbort(stop.signal, callback), onAbort(stop.signal, callback)]
      for (const end of ends.slice(0, ended)) end()
      stop.abort()
      expect(calls).toBe(expected)
    }
  })

  test('ignores a second removal, which does not affect callbacks added since', () => {
    const stop = new AbortController()
    let calls = 0
    const end = onAbort(stop.signal, () => undefined)
    end()
    onAbort(stop.signal, () => (calls += 1))
    end()
    stop.abort()
    expect(calls).toBe(1)
  })
})
