import { createServer, type Server } from 'node:http'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testClock } from '../../src/index.js'

async function withServer<T>(answer: Parameters<typeof createServer>[1], use: (url: string) => Promise<T>): Promise<T> {
  const server: Server = createServer(answer as never)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

test('the test clock stands still until a test moves it', async () => {
  const clock = testClock({ startAtMs: 5000 })
  await new Promise((resolve) => setImmediate(resolve))
  expect(clock.now()).toBe(5000)
  expect(clock.monotonic()).toBe(0)
  await clock.advance(1500)
  expect(clock.now()).toBe(6500)
  expect(clock.monotonic()).toBe(1500)
})

test('timers fire in order, each at its own time', async () => {
  const clock = testClock({ startAtMs: 0 })
  const seen: [string, number][] = []
  clock.setTimer(() => seen.push(['late', clock.now()]), 300)
  clock.setTimer(() => seen.push(['early', clock.now()]), 100)
  clock.setTimer(() => seen.push(['early too', clock.now()]), 100)
  clock.setTimer(() => seen.push(['never', clock.now()]), 301)
  await clock.advance(300)
  expect(seen).toEqual([
    ['early', 100],
    ['early too', 100],
    ['late', 300],
  ])
  expect(clock.pendingTimers).toBe(1)
})

test('a timer armed by a timer fires within the same advance', async () => {
  const clock = testClock({ startAtMs: 0 })
  const ticks: number[] = []
  const tick = (): void => {
    ticks.push(clock.now())
    clock.setTimer(tick, 100)
  }
  clock.setTimer(tick, 100)
  await clock.advance(350)
  expect(ticks).toEqual([100, 200, 300])
})

test('promise jobs run between two timers of the test clock', async () => {
  const clock = testClock()
  const order: string[] = []
  clock.setTimer(() => {
    order.push('first')
    void Promise.resolve()
      .then(() => undefined)
      .then(() => order.push('job of first'))
  }, 10)
  clock.setTimer(() => order.push('second'), 11)
  await clock.advance(20)
  expect(order).toEqual(['first', 'job of first', 'second'])
})

test('a cancelled timer does not fire and is not counted', async () => {
  const clock = testClock()
  let fired = 0
  const timer = clock.setTimer(() => fired++, 10)
  timer.cancel()
  timer.cancel()
  expect(clock.pendingTimers).toBe(0)
  await clock.advance(100)
  expect(fired).toBe(0)
})

test('jumpWall() moves only now() and fires no timer', async () => {
  const clock = testClock({ startAtMs: 10_000 })
  let fired = 0
  clock.setTimer(() => fired++, 1000)
  clock.jumpWall(3_600_000)
  expect(clock.now()).toBe(3_610_000)
  expect(clock.monotonic()).toBe(0)
  await clock.settle()
  expect(fired).toBe(0)
  clock.jumpWall(-3_600_000)
  expect(clock.now()).toBe(10_000)
})

test('a thirty-day timer is one step', async () => {
  const clock = testClock({ maxTimers: 1 })
  let fired = 0
  clock.setTimer(() => fired++, 30 * 86_400_000)
  await clock.advance(30 * 86_400_000)
  expect(fired).toBe(1)
})

test('concurrent advances run one after the other', async () => {
  const clock = testClock({ startAtMs: 0 })
  clock.setTimer(() => undefined, 50)
  await Promise.all([clock.advance(100), clock.advance(200)])
  expect(clock.now()).toBe(300)
})

test('a timer that re-arms itself endlessly is reported as spinning', async () => {
  const clock = testClock({ maxTimers: 50 })
  const spin = (): void => void clock.setTimer(spin, 0)
  spin()
  await expect(clock.advance(1)).rejects.toMatchObject({ code: 'ERR_LINGPAI_CONFIG', message: /spins/ })
})

test('advance() rejects an invalid duration', () => {
  const clock = testClock()
  expect(() => clock.advance(-1)).toThrow('not a duration')
  expect(() => clock.advance(Number.NaN)).toThrow('not a duration')
  expect(() => clock.jumpWall(Infinity)).toThrow('not a duration')
})

test('an HTTP exchange within the process completes before time moves on', async () => {
  await withServer(
    (_, response) => response.end('here'),
    async (url) => {
      const clock = testClock()
      let text = ''
      let timedOut = false
      clock.setTimer(() => (timedOut = true), 1)
      clock.setTimer(() => void fetch(url).then(async (reply) => (text = await reply.text())), 0)
      await clock.advance(0)
      expect({ text, timedOut }).toEqual({ text: 'here', timedOut: false })
    },
  )
})

test('two hundred concurrent HTTP exchanges complete before time moves on', async () => {
  await withServer(
    (_, response) => response.end('x'.repeat(10_000)),
    async (url) => {
      const clock = testClock()
      let done = 0
      for (let i = 0; i < 200; i++) void fetch(url).then(async (reply) => (done += (await reply.text()).length))
      await clock.advance(1)
      expect(done).toBe(2_000_000)
    },
  )
})

test('a server that responds on the test clock is awaited in its time only', async () => {
  const clock = testClock({ startAtMs: 0 })
  await withServer(
    (_, response) => clock.setTimer(() => response.end('slow'), 30_000),
    async (url) => {
      const text = await clock.runUntil(fetch(url).then((reply) => reply.text()))
      expect(text).toBe('slow')
      expect(clock.now()).toBe(30_000)
    },
  )
})

test('file operations complete before time moves on', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
  try {
    const clock = testClock()
    let text = ''
    const work = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) await writeFile(join(directory, 'file'), `round ${i}`)
      text = await readFile(join(directory, 'file'), 'utf8')
    }
    clock.setTimer(() => void work(), 5)
    await clock.advance(5)
    expect(text).toBe('round 19')
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('runUntil() settles as its promise does, with a value or a failure', async () => {
  const clock = testClock({ startAtMs: 0 })
  const after = (ms: number): Promise<void> => new Promise((resolve) => clock.setTimer(resolve, ms))
  await clock.runUntil(after(1000).then(() => after(500)))
  expect(clock.now()).toBe(1500)
  const failing = after(10).then(() => Promise.reject(new TypeError('no')))
  await expect(clock.runUntil(failing)).rejects.toThrow('no')
})

test('runUntil() fails at its limit', async () => {
  const clock = testClock()
  clock.setTimer(() => undefined, 10_000)
  const never = new Promise<void>(() => undefined)
  await expect(clock.runUntil(never, { limitMs: 1000, realLimitMs: 20 })).rejects.toThrow('1 later timers are armed')
})

test('cancelling a fired timer has no effect', async () => {
  const clock = testClock()
  const timer = clock.setTimer(() => undefined, 1)
  clock.setTimer(() => undefined, 5)
  await clock.advance(1)
  timer.cancel()
  expect(clock.pendingTimers).toBe(1)
})
