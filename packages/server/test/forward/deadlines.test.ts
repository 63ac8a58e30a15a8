import { CallEnd } from '../../src/forward/call-end.js'
import { Deadlines } from '../../src/forward/deadlines.js'
import { until } from '../api/server-world.js'

/** Calls in the order in which they were added, with their deadlines, and those that ended. */
function addTo(deadlines: Deadlines, count: number) {
  const ended: number[] = []
  const added = Array.from({ length: count }, (_, index) => {
    const call = new CallEnd()
    call.stops({ stop: () => void ended.push(index) })
    return deadlines.add(call)
  })
  return { ended, added }
}

test.each([
  ['the first was removed', [0], [1, 2]],
  ['one between others was removed', [1], [0, 2]],
  ['the last was removed', [2], [0, 1]],
  ['none was removed', [], [0, 1, 2]],
  ['two were removed twice', [1, 1, 0, 0], [2]],
])('calls with deadlines end in their order if %s', async (_, removed, left) => {
  const deadlines = new Deadlines(20)
  const { ended, added } = addTo(deadlines, 3)
  for (const index of removed) deadlines.remove(added[index]!)
  await until(() => ended.length === left.length)
  expect(ended).toEqual(left)
})

test('a call ends in time although all before it were removed, and later ones end, too', async () => {
  const deadlines = new Deadlines(20)
  for (let rounds = 0; rounds < 2; rounds += 1) {
    const { ended, added } = addTo(deadlines, 2)
    for (const deadline of added) deadlines.remove(deadline)
    const later = addTo(deadlines, 1)
    await until(() => later.ended.length === 1)
    expect(ended).toEqual([])
  }
})

test('a deadline that has passed may be removed, and the next call ends in time', async () => {
  const deadlines = new Deadlines(20)
  const { ended, added } = addTo(deadlines, 1)
  await until(() => ended.length === 1)
  const next = addTo(deadlines, 1)
  for (const deadline of added) deadlines.remove(deadline)
  await until(() => next.ended.length === 1)
})
