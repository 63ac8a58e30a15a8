import { reportedLifeSeconds } from '../../src/facades/reported-life.js'

const sticky = { mode: 'sticky', overlapSeconds: 60 } as const
const rotate = { mode: 'rotate', overlapSeconds: 300 } as const

test('the reported lifetime is the remaining lifetime in whole seconds, rounded down', () => {
  expect(reportedLifeSeconds(9999, 0, sticky)).toBe(9)
})

test('the reported lifetime of a token that a renewal invalidates ends with the overlap after the next renewal', () => {
  expect(reportedLifeSeconds(7_200_000, 6_600_000, rotate)).toBe(6900)
})

test('the reported lifetime is the overlap when a renewal is overdue', () => {
  expect(reportedLifeSeconds(500_000, -100_000, rotate)).toBe(300)
  expect(reportedLifeSeconds(100_000, -500_000, rotate)).toBe(100)
  expect(reportedLifeSeconds(500_000, Infinity, rotate)).toBe(500)
})

test('the reported lifetime for clients that drop tokens early is what they need, within the remaining lifetime', () => {
  expect(reportedLifeSeconds(2_000_000, 0, rotate, 1800)).toBe(1800)
  expect(reportedLifeSeconds(7_200_000, 5_400_000, rotate, 1800)).toBe(5700)
  expect(reportedLifeSeconds(1_000_000, 0, rotate, 1800)).toBe(1000)
  expect(reportedLifeSeconds(200_000, 0, sticky, 1800)).toBe(200)
})

test('the reported lifetime is at least 1, because some SDKs store a token with 0 forever', () => {
  expect(reportedLifeSeconds(500, 0, sticky)).toBe(1)
  expect(reportedLifeSeconds(-500, 0, sticky)).toBe(1)
})
