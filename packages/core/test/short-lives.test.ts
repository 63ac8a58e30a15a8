import { openWorld, sourceOf, type World } from './world.js'

/** A platform whose 7200 seconds pass in 3; windows, overlaps and margins shrink with it. */
const timeScale = 2400
const tickMs = 5
const callersPerTick = 10

let world: World
beforeEach(async () => {
  world = await openWorld({ timeScale })
})
afterEach(() => world.close())

for (const name of ['wechat', 'wechatPlain', 'qq'] as const) {
  test(`${name}: tokens of three seconds under 2,000 callers a second: no caller waits once there is a token, one request per life`, async () => {
    const { clock, simulator } = world
    const source = sourceOf(simulator, world.manager(), name)
    await source.getAccessToken()
    let waited = 0
    for (let at = 0; at < 9000; at += tickMs) {
      const calls = Array.from({ length: callersPerTick }, () => {
        if (source.peek() === undefined) waited += 1
        return source.getAccessToken()
      })
      expect(new Set(await clock.runUntil(Promise.all(calls))).size).toBe(1)
      await source.fetch(name === 'qq' ? '/users/@me' : '/cgi-bin/getcallbackip')
      await clock.advance(tickMs)
    }
    expect(waited).toBe(0)
    expect(simulator.ledger.deadPresented()).toBe(0)
    const { tokensIssued, tokensRepeated, tokenRequests } = simulator.ledger.summary()
    expect(tokensIssued).toBeGreaterThanOrEqual(3)
    expect(tokensIssued).toBeLessThanOrEqual(5)
    expect(tokenRequests).toBe(tokensIssued + tokensRepeated)
    expect(tokensRepeated).toBeLessThanOrEqual(tokensIssued)
  }, 60_000)
}
