import { testClock } from '@lingpai/testing'
import { StoreClock } from '../src/cache/store-clock.js'

const timeoutMs = 1000
const sleptMs = 490_000

/** A store's clock with scripted responses; each one is given its number, from 1 on. */
function scripted(answer: (turn: number, clock: ReturnType<typeof testClock>) => number | undefined) {
  const clock = testClock()
  let turns = 0
  const line = { isSilent: () => false, askTime: () => Promise.resolve(answer((turns += 1), clock)) }
  const store = new StoreClock(clock, true, timeoutMs)
  const time = { nowMs: () => store.nowMs(line), isKnown: () => store.isKnown() }
  return { time, clock, turns: () => turns }
}

test('a store’s time that came while the machine slept is requested again at the next look', async () => {
  const { time, turns } = scripted((turn, clock) => {
    if (turn === 1) return undefined
    if (turn === 2) clock.jumpWall(sleptMs)
    return turn
  })
  await time.nowMs()
  expect(time.isKnown()).toBe(false)
  await time.nowMs()
  expect(time.isKnown()).toBe(true)
  expect(turns()).toBe(3)
})

test('a store that did not report its time is asked again after a sleep, however little the monotonic clock advanced', async () => {
  const { time, clock, turns } = scripted((turn) => (turn <= 2 ? undefined : turn))
  await time.nowMs()
  await time.nowMs()
  expect(turns()).toBe(2)
  clock.jumpWall(sleptMs)
  await time.nowMs()
  expect(time.isKnown()).toBe(true)
})
