import { toldLifeSeconds } from '../../src/facades/told-life.js'

const sticky = { mode: 'sticky', overlapSeconds: 60 } as const
const rotate = { mode: 'rotate', overlapSeconds: 300 } as const

test('a token is told to live to its end, in whole seconds, rounded down', () => {
  expect(toldLifeSeconds(9999, 0, sticky)).toBe(9)
})

test('one that renewal kills lives until the overlap after the next renewal', () => {
  expect(toldLifeSeconds(7_200_000, 6_600_000, rotate)).toBe(6900)
})

test('a renewal that is overdue may come at any moment: the overlap is what is left', () => {
  expect(toldLifeSeconds(500_000, -100_000, rotate)).toBe(300)
  expect(toldLifeSeconds(100_000, -500_000, rotate)).toBe(100)
  expect(toldLifeSeconds(500_000, Infinity, rotate)).toBe(500)
})

test('clients that give a token up early are told at least what they need, and never more than the token lives', () => {
  expect(toldLifeSeconds(2_000_000, 0, rotate, 1800)).toBe(1800)
  expect(toldLifeSeconds(7_200_000, 5_400_000, rotate, 1800)).toBe(5700)
  expect(toldLifeSeconds(1_000_000, 0, rotate, 1800)).toBe(1000)
  expect(toldLifeSeconds(200_000, 0, sticky, 1800)).toBe(200)
})

test('never 0 and never less, which some SDKs keep for ever', () => {
  expect(toldLifeSeconds(500, 0, sticky)).toBe(1)
  expect(toldLifeSeconds(-500, 0, sticky)).toBe(1)
})
