import type { Clock } from '../src/index.js'
import { watchOf } from '../src/time/clock-watch.js'

/** A clock whose timers fire when they are told to, as after an event loop that was blocked. */
function lateClock() {
  let nowMs = 1_767_225_600_000
  const armed = new Set<() => void>()
  const clock: Clock = {
    now: () => nowMs,
    monotonic: () => nowMs - 1_767_225_000_000,
    setTimer: (callback) => {
      const fire = (): void => {
        armed.delete(fire)
        callback()
      }
      armed.add(fire)
      return { cancel: () => void armed.delete(fire) }
    },
  }
  return {
    clock,
    armed,
    pass: (ms: number) => {
      nowMs += ms
    },
  }
}

test('the clocks are watched by one timer, also where the event loop was blocked for longer than a look is good for', () => {
  const { clock, armed, pass } = lateClock()
  const watch = watchOf(clock)
  watch.open()
  expect(armed.size).toBe(1)
  pass(5000)
  watch.open()
  expect(armed.size).toBe(1)
  for (const fire of [...armed]) fire()
  expect(armed.size).toBe(1)
})

test('after an event loop that was blocked the clocks are watched for as long as after any other call', () => {
  const { clock, armed, pass } = lateClock()
  const watch = watchOf(clock)
  watch.open()
  pass(5000)
  watch.open()
  let looks = 0
  while (armed.size > 0) {
    pass(500)
    for (const fire of [...armed]) fire()
    looks += 1
  }
  expect(looks).toBe(11)
})
