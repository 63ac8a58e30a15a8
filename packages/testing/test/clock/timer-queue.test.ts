import { timerQueue } from '../../src/clock/timer-queue.js'

test('the queue returns timers by time, then in the order in which they were armed', () => {
  const queue = timerQueue()
  const moments = Array.from({ length: 500 }, (_, i) => (i * 7919) % 101)
  for (const moment of moments) queue.arm(moment, () => undefined)
  const cancelled = queue.arm(0, () => undefined)
  cancelled.cancel()
  cancelled.cancel()
  expect(queue.size).toBe(500)
  const taken: number[] = []
  for (let timer = queue.take(Infinity); timer !== undefined; timer = queue.take(Infinity)) taken.push(timer.dueMs)
  expect(taken).toEqual([...moments].sort((a, b) => a - b))
  expect(queue.size).toBe(0)
})

test('timers of the same time keep their order, and later ones stay in the queue', () => {
  const queue = timerQueue()
  const order: number[] = []
  for (let i = 0; i < 50; i++) queue.arm(10, () => order.push(i))
  queue.arm(11, () => order.push(-1))
  for (let timer = queue.take(10); timer !== undefined; timer = queue.take(10)) timer.callback()
  expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i))
  expect(queue.size).toBe(1)
})
