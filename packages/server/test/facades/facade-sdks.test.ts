import type { SdkPlace } from './children/sdk.js'
import { startFrontProxy } from './front-proxy.js'
import { appIds, openFacadeWorld, secrets, type FacadeWorld } from './facade-world.js'
import { failed, startSdk, type SdkProcess } from './start-sdk.js'

let world: FacadeWorld
beforeEach(async () => {
  world = await openFacadeWorld()
})
afterEach(() => world.close())

/** The SDK alone: it gets tokens from the platform with the platform's secret. */
function alone(): SdkPlace {
  const platform = `${world.simulator.url}/wechat`
  return { tokens: platform, apis: platform, appId: appIds.wechat, secret: secrets.wechat }
}

/** The SDK with its token URL on this server, and a client key as the secret. */
function joined(): SdkPlace {
  return { ...alone(), tokens: world.url, secret: world.key(['shop']) }
}

const ticketRequests = (): number =>
  world.simulator.ledger.entries.filter(({ path }) => path === '/cgi-bin/ticket/getticket').length

describe.each(['co-wechat-api', 'node-easywechat', 'tnwx'])('%s', (name) => {
  let sdk: SdkProcess
  beforeAll(async () => {
    sdk = await startSdk(name)
  })
  afterAll(() => sdk.end())

  test('twenty SDK instances make one upstream request through the server, and twenty without it', async () => {
    // Each request invalidates a token of another instance, so without the server some calls fail.
    await sdk.do({ open: { instances: 20, place: alone() }, all: 'call' })
    expect(world.simulator.ledger.tokenRequests()).toBeGreaterThanOrEqual(20)
    world.simulator.ledger.reset()
    expect(failed(await sdk.do({ open: { instances: 20, place: joined() }, all: 'call' }))).toEqual([])
    expect(world.simulator.ledger.tokenRequests()).toBe(1)
  })

  test('a revoked token of twenty SDK instances is replaced by one refresh', async () => {
    expect(failed(await sdk.do({ open: { instances: 20, place: joined() }, all: 'call' }))).toEqual([])
    // After the ten seconds in which a probed token is not probed again.
    await world.clock.advance(10_000)
    world.simulator.revoke('wechat')
    world.simulator.ledger.reset()
    expect(failed(await sdk.do({ all: 'call' }))).toEqual([])
    expect(world.simulator.ledger.tokenRequests()).toBe(1)
    // One per instance, and the probe.
    expect(world.simulator.ledger.deadPresented({ kind: 'revoked' })).toBe(21)
  })

  test('twenty SDK instances get their jsapi tickets with one upstream request, even after a revocation', async () => {
    const place = joined()
    expect(failed(await sdk.do({ open: { instances: 20, place }, all: 'ticket' }))).toEqual([])
    expect(world.simulator.ledger.summary()).toMatchObject({ tokenRequests: 1 })
    expect(ticketRequests()).toBe(1)
    await world.clock.advance(10_000)
    world.simulator.revoke('wechat')
    expect(failed(await sdk.do({ all: 'call' }))).toEqual([])
    expect(failed(await sdk.do({ all: 'ticket' }))).toEqual([])
    expect(ticketRequests()).toBe(1)
  })

  test('an SDK behind a reverse proxy works with a changed base URL only', async () => {
    const front = await startFrontProxy(world.url, alone().apis)
    const place = { ...joined(), tokens: front.url, apis: front.url }
    expect(failed(await sdk.do({ open: { instances: 5, place }, all: 'call' }))).toEqual([])
    await world.clock.advance(10_000)
    world.simulator.revoke('wechat')
    expect(failed(await sdk.do({ all: 'call' }))).toEqual([])
    expect(failed(await sdk.do({ all: 'ticket' }))).toEqual([])
    expect(world.simulator.ledger.tokenRequests()).toBe(2)
    front.close()
  })

  test('an SDK with a key that may not read the app gets no token and prints no secret', async () => {
    const place = { ...joined(), secret: world.key(['bot']) }
    expect(failed(await sdk.do({ open: { instances: 1, place }, all: 'call' }))).toHaveLength(1)
    expect(world.simulator.ledger.tokenRequests()).toBe(0)
    for (const secret of Object.values(secrets)) expect(sdk.printed()).not.toContain(secret)
  })
})
