import { driversOf, languages, type Driver, type Outcome } from './client-driver.js'
import { openClientWorld, type ClientWorld } from './client-world.js'

let world: ClientWorld
beforeEach(async () => {
  world = await openClientWorld()
})
afterEach(() => world.close())

const account = 'shop'
const tokenPath = 'GET /v1/accounts/shop/token'
const reportPath = 'POST /v1/accounts/shop/rejections'
const upstream = () => world.simulator.ledger.tokenRequests()

/** How much life was left at the last success, seconds. */
interface Drained extends Outcome {
  readonly left: number
  readonly calls: number
}

describe.each(languages)('the $name client', (language) => {
  const { test: testIf } = language
  const start = driversOf(language)
  const open = (): Promise<Driver> => start({ url: world.front.url, key: world.key([account], { role: 'reporter' }) })

  testIf('makes one request for 50 cold callers of each process, and none while the token is fresh', async () => {
    const drivers = await Promise.all([open(), open()])
    for (const driver of drivers)
      expect(await driver.ask({ do: 'token', account, callers: 50 })).toEqual(Array<Outcome>(50).fill(world.current()))
    expect(world.front.count(tokenPath)).toBe(2)
    for (const driver of drivers) await driver.ask({ do: 'token', account, callers: 50 })
    expect(world.front.count(tokenPath)).toBe(2)
    expect(upstream()).toBe(1)
  })

  testIf('fetches each new token by an event, while no time passes at the server', async () => {
    const driver = await open()
    await driver.ask({ do: 'token', account })
    for (let rotations = 1; rotations <= 5; rotations += 1) {
      await world.source.refresh()
      expect(await driver.ask({ do: 'until-changed', account })).toEqual(world.current())
    }
    // An event is sent shortly before the refresh completes, so the first request may come too early.
    expect(world.front.count(tokenPath)).toBeLessThanOrEqual(11)
    expect(world.front.count('GET /v1/events')).toBe(1)
  })

  testIf('asks again if a server behind a load balancer does not have the announced token yet', async () => {
    const driver = await open()
    await driver.ask({ do: 'token', account })
    const { value, generation } = await world.source.getRecord()
    let behind = 2
    world.front.instead = (response) => {
      behind -= 1
      if (behind === 0) world.front.instead = undefined
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ access_token: value, generation, expires_in_ms: 7_000_000 }))
    }
    await world.source.refresh()
    expect(await driver.ask({ do: 'until-changed', account })).toEqual(world.current())
    expect(world.front.count(tokenPath)).toBe(4)
  })

  for (const events of ['refused', 'silent'] as const)
    testIf(
      `polls where the event stream is ${events}, and fetches a new token within 0.1 s of the server's time`,
      async () => {
        world.front.events = events
        const driver = await open()
        await driver.ask({ do: 'token', account })
        const polls = 'GET /v1/accounts/shop/changes?generation='
        await world.clock.advance(100)
        await world.front.until(`${polls}1`, 1)
        await world.source.refresh()
        await world.clock.advance(100)
        expect(await driver.ask({ do: 'until-changed', account })).toEqual(world.current())
        await world.front.until(`${polls}2`, 1)
        expect(world.front.count(tokenPath)).toBe(2)
      },
    )

  testIf('polls an account, too, that is first asked for while others are polled', async () => {
    world.front.events = 'refused'
    const driver = await start({ url: world.front.url, key: world.key(['bot', account]) })
    for (const name of ['bot', account]) {
      await driver.ask({ do: 'token', account: name })
      await world.clock.advance(100)
      await world.front.until(`GET /v1/accounts/${name}/changes?generation=1`, 1)
    }
  })

  testIf('serves the living token to its end when the server is gone, and recovers when it is back', async () => {
    world.simulator.change('wechat', { lifeSeconds: 2 })
    const driver = await open()
    await driver.ask({ do: 'token', account })
    await world.front.stop()
    const drained = await driver.ask<Drained>({ do: 'drain', account })
    expect(drained).toMatchObject({ error: 'TransportError', code: 'ERR_LINGPAI_TRANSPORT' })
    // The last of many calls that got the token was shortly before its end, and none was after.
    expect(drained.calls).toBeGreaterThan(20)
    expect(drained.left).toBeGreaterThan(-0.001)
    expect(drained.left).toBeLessThan(1)
    world.simulator.change('wechat', { lifeSeconds: 7200 })
    await world.front.start()
    await world.clock.advance(10_000)
    await world.source.refresh()
    expect(await driver.ask({ do: 'until-usable', account })).toEqual(world.current())
  })

  testIf('serves the living token to its end when the server hangs, and then fails in time', async () => {
    world.simulator.change('wechat', { lifeSeconds: 5 })
    const driver = await start({ url: world.front.url, key: world.key([account]), timeout: 1 })
    await driver.ask({ do: 'token', account })
    world.front.instead = () => undefined
    const drained = await driver.ask<Drained>({ do: 'drain', account })
    expect(drained).toMatchObject({ error: 'TransportError', text: expect.stringContaining('in time') as string })
    // In the last tenth of its life, a call waits for another token, but not to the end of this one.
    expect(drained.left).toBeLessThan(0.45)
    expect(drained.left).toBeGreaterThan(-0.001)
  })

  testIf('heals a rejected token with one report for all callers, which causes one refresh', async () => {
    const driver = await open()
    await driver.ask({ do: 'token', account })
    await world.clock.advance(60_000)
    world.simulator.revoke('wechat')
    const healed = await driver.ask({ do: 'reject', account, code: 42001, callers: 50 })
    expect(healed).toEqual(Array<Outcome>(50).fill(world.current()))
    expect(world.front.count(reportPath)).toBe(1)
    expect(upstream()).toBe(2)
    // An older token: the client has the current one.
    expect(await driver.ask({ do: 'reject', account, code: 42001, generation: 1 })).toEqual([world.current()])
    expect(world.front.count(reportPath)).toBe(1)
    expect(await driver.ask({ do: 'token', account })).toEqual([world.current()])
  })

  testIf('reports a token that it never had', async () => {
    await world.source.refresh()
    await world.clock.advance(60_000)
    world.simulator.revoke('wechat')
    const driver = await open()
    const { generation } = await world.source.getRecord()
    expect(await driver.ask({ do: 'reject', account, code: '42001', generation })).toEqual([world.current()])
    expect(world.front.requests.filter((line) => !line.includes('/v1/events'))).toEqual([reportPath])
    expect(upstream()).toBe(2)
  })

  testIf('asks for the life that a caller needs', async () => {
    const driver = await open()
    await driver.ask({ do: 'token', account, minLife: 1500.5, callers: 20 })
    expect(world.front.requests.filter((line) => line.startsWith(tokenPath))).toEqual([`${tokenPath}?min_life=1501`])
  })

  testIf('shows neither token nor key in any text, and ends with close()', async () => {
    const key = world.key([account])
    const driver = await start({ url: world.front.url, key })
    await driver.ask({ do: 'token', account })
    const shown = await driver.ask<string>({ do: 'show', account })
    expect(shown).toContain(new URL(world.front.url).port)
    expect(await driver.ask({ do: 'close', account })).toMatchObject({ error: 'ClosedError' })
    for (const secret of [key, key.slice(15), world.source.peek()!])
      expect(driver.output().includes(secret)).toBe(false)
  })
})
