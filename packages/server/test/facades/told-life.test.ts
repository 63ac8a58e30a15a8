import { toldLifeSeconds } from '../../src/facades/told-life.js'

const sticky = { mode: 'sticky', overlapSeconds: 60 } as const
const rotate = { mode: 'rotate', overlapSeconds: 300 } as const

test('a token is told to live to its end, in whole seconds, rounded down', () => {
  expect(toldLifeSeconds({ expiresAtMs: 10_999 }, { refreshAtMs: 1000 }, sticky, 1000)).toBe(9)
})

test('one that renewal kills lives until the overlap after the next renewal', () => {
  expect(toldLifeSeconds({ expiresAtMs: 7_200_000 }, { refreshAtMs: 6_600_000 }, rotate, 0)).toBe(6900)
})

test('a renewal that is overdue may come at any moment: the overlap is what is left', () => {
  expect(toldLifeSeconds({ expiresAtMs: 7_200_000 }, { refreshAtMs: 6_600_000 }, rotate, 6_700_000)).toBe(300)
  expect(toldLifeSeconds({ expiresAtMs: 7_200_000 }, {}, rotate, 7_100_000)).toBe(100)
})

test('never 0 and never less, which some SDKs keep for ever', () => {
  expect(toldLifeSeconds({ expiresAtMs: 1500 }, {}, sticky, 1000)).toBe(1)
  expect(toldLifeSeconds({ expiresAtMs: 1500 }, {}, sticky, 2000)).toBe(1)
})
