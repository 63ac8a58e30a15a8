import { jest } from '@jest/globals'
import { systemClock, type Clock } from '../src/clock.js'
import { agendaOf, type Task } from '../src/time/agenda.js'

test('a task that is planned while others are overdue does not put off the timer that they wait for', () => {
  let nowMs = 0
  const armed = new Set<() => void>()
  const clock: Clock = {
    now: () => nowMs,
    monotonic: () => nowMs,
    setTimer: (callback) => {
      armed.add(callback)
      return { cancel: () => void armed.delete(callback) }
    },
  }
  const agenda = agendaOf(clock)
  const task = (dueAtMs: number): Task => ({ dueAtMs, isOver: false, run: () => undefined })
  for (let count = 0; count < 150; count += 1) agenda.plan(task(10))
  nowMs = 100
  for (const fire of [...armed]) {
    armed.delete(fire)
    fire()
  }
  const [timer] = armed
  expect(armed.size).toBe(1)
  nowMs = 101
  agenda.plan(task(1000))
  expect([...armed]).toEqual([timer])
})

test('a timer of the system clock is not set for less than its delay, so that no task is found to be due later', () => {
  const set = jest.spyOn(globalThis, 'setTimeout')
  try {
    systemClock.setTimer(() => undefined, 500).cancel()
    expect(set).toHaveBeenCalledTimes(1)
    expect(set.mock.lastCall?.[1]).toBeGreaterThanOrEqual(500)
  } finally {
    set.mockRestore()
  }
})
