import {
  appIds,
  openFacadeWorld,
  wechatTokenPath,
  wecomTokenPath,
  type FacadeBody,
  type FacadeWorld,
} from './facade-world.js'

let world: FacadeWorld
let key: string
beforeEach(async () => {
  world = await openFacadeWorld()
  key = world.key(['shop'])
})
afterEach(() => world.close())

const ask = (secret = key): Promise<FacadeBody> => world.get(wechatTokenPath(secret))
const force = (secret = key): Promise<FacadeBody> =>
  world.post('/cgi-bin/stable_token', {
    grant_type: 'client_credential',
    appid: appIds.wechat,
    secret,
    force_refresh: true,
  })
const counts = (): readonly [tokenRequests: number, apiRequests: number] => {
  const { tokenRequests, apiRequests } = world.simulator.ledger.summary()
  return [tokenRequests, apiRequests]
}

test('a client that comes back for a revoked token gets another one with one refresh', async () => {
  const first = await ask()
  world.simulator.revoke('wechat')
  const second = await ask()
  expect(second.access_token).not.toBe(first.access_token)
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
  // The probe with the revoked token, and the probe with the new one.
  expect(world.simulator.ledger.apiRequests()).toBe(2)
  expect(await ask()).toEqual(second)
})

test('the timeline names the client that suspected a token', async () => {
  await ask()
  world.simulator.revoke('wechat')
  await ask()
  const headers = { authorization: `Bearer ${key}` }
  const timeline = await fetch(`${world.url}/v1/accounts/shop/timeline`, { headers })
  const { events } = (await timeline.json()) as { readonly events: readonly object[] }
  expect(events).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ event: 'rejected', generation: 1, platform_code: 40001, by: 'key 0' }),
      expect.objectContaining({ event: 'refreshed', generation: 2, reason: 'rejected', by: 'key 0' }),
    ]),
  )
})

test.each(['wecom:wwdec0de0000000001:1000002', 'qq:102000001'])(
  '%s: a client that comes back for a revoked token gets another one with one refresh',
  async (account) => {
    const all = world.key(['bot', 'sales'])
    const askPlatform = (): Promise<FacadeBody> =>
      account.startsWith('qq')
        ? world.post('/app/getAppAccessToken', { appId: appIds.qq, clientSecret: all })
        : world.get(wecomTokenPath(all))
    const first = await askPlatform()
    world.simulator.revoke(account)
    const second = await askPlatform()
    expect(second.access_token).not.toBe(first.access_token)
    expect(await askPlatform()).toEqual(second)
    expect(world.simulator.ledger.tokenRequests()).toBe(2)
  },
)

test('a token revoked an hour after it was handed out is replaced', async () => {
  const first = await ask()
  await world.clock.advance(3_600_000)
  world.simulator.revoke('wechat')
  expect((await ask()).access_token).not.toBe(first.access_token)
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})

test('a polling client causes no refresh, and one probe in ten seconds', async () => {
  await ask()
  for (let poll = 0; poll < 20; poll += 1) {
    await world.clock.advance(3000)
    await ask()
  }
  expect(counts()).toEqual([1, 5])
})

test('two hundred concurrent suspicious clients cause one probe and one refresh', async () => {
  const keys = Array.from({ length: 200 }, () => world.key(['shop']))
  const first = await Promise.all(keys.map(ask))
  world.simulator.revoke('wechat')
  world.simulator.ledger.reset()
  const second = await Promise.all(keys.map(ask))
  expect(new Set(second.map(({ access_token }) => access_token)).size).toBe(1)
  expect(second[0]?.access_token).not.toBe(first[0]?.access_token)
  expect(counts()).toEqual([1, 2])
})

test('two hundred clients that suspect a living token cause one probe and no refresh', async () => {
  const keys = Array.from({ length: 200 }, () => world.key(['shop']))
  await Promise.all(keys.map(ask))
  world.simulator.ledger.reset()
  await Promise.all(keys.map(ask))
  expect(counts()).toEqual([0, 1])
})

test('a client that still has an older token gets the current one without a probe', async () => {
  const [asking, forcing] = [world.key(['shop']), world.key(['shop'])]
  for (const client of [key, asking, forcing]) await ask(client)
  world.simulator.revoke('wechat')
  const { access_token: healed } = await ask()
  await world.clock.advance(10_000)
  world.simulator.ledger.reset()
  expect(await ask(asking)).toMatchObject({ access_token: healed })
  expect(await force(forcing)).toMatchObject({ access_token: healed })
  expect(counts()).toEqual([0, 0])
})

test('force_refresh of a living token causes no refresh', async () => {
  const first = await force()
  for (let call = 0; call < 50; call += 1) expect(await force()).toEqual(first)
  // One probe for the suspicion, and the budget for retries.
  expect(counts()).toEqual([1, 6])
})

test('force_refresh of a revoked token causes one refresh, even for a client without a hand-out', async () => {
  const first = await ask(world.key(['shop']))
  world.simulator.revoke('wechat')
  const second = await force()
  expect(second.access_token).not.toBe(first.access_token)
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})

test('a hanging probe delays the client by two seconds at most and causes no refresh', async () => {
  const first = await ask()
  world.simulator.fault({ endpoint: 'api', hang: true })
  const startMs = world.clock.monotonic()
  expect(await world.clock.runUntil(ask())).toMatchObject({ access_token: first.access_token })
  expect(world.clock.monotonic() - startMs).toBe(2000)
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

test('a probe that fails for another reason causes no refresh', async () => {
  const first = await ask()
  for (const body of [{ errcode: 45009, errmsg: 'reach max api daily quota limit' }, 'not json']) {
    world.simulator.fault({ endpoint: 'api', body })
    await world.clock.advance(10_000)
    expect(await ask()).toMatchObject({ access_token: first.access_token })
  }
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

test('a token that the platform issues and rejects gives an error on which SDKs wait instead of looping', async () => {
  await ask()
  world.simulator.revoke('wechat', { sticky: true })
  const response = await world.clock.runUntil(ask())
  expect(response).toEqual({ errcode: -1, errmsg: expect.stringMatching(/^system error, lingpai: /) as string })
})
