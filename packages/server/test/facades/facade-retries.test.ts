import {
  appIds,
  openFacadeWorld,
  wechatTokenPath,
  wecomTokenPath,
  type FacadeBody,
  type FacadeWorld,
} from './facade-world.js'

let world: FacadeWorld
afterEach(() => world.close())

/** How the clients of each platform get a token, and the API call that they make with it. */
const platforms = {
  'WeChat token': {
    account: 'wechat',
    name: 'shop',
    ask: (key: string) => world.get(wechatTokenPath(key)),
    call: (token: string) => fetch(`${world.simulator.url}/wechat/cgi-bin/menu/get?access_token=${token}`),
  },
  'WeChat stable_token': {
    account: 'wechat',
    name: 'shop',
    ask: (key: string) =>
      world.post('/cgi-bin/stable_token', { grant_type: 'client_credential', appid: appIds.wechat, secret: key }),
    call: (token: string) => fetch(`${world.simulator.url}/wechat/cgi-bin/menu/get?access_token=${token}`),
  },
  WeCom: {
    account: 'wecom:wwdec0de0000000001:1000002',
    name: 'sales',
    ask: (key: string) => world.get(wecomTokenPath(key)),
    call: (token: string) => fetch(`${world.simulator.url}/wecom/cgi-bin/user/get?access_token=${token}`),
  },
  QQ: {
    account: 'qq',
    name: 'bot',
    ask: (key: string) => world.post('/app/getAppAccessToken', { appId: appIds.qq, clientSecret: key }),
    call: (token: string) =>
      fetch(`${world.simulator.url}/qq/users/@me`, { headers: { authorization: `QQBot ${token}` } }),
  },
} as const

type Platform = (typeof platforms)[keyof typeof platforms]

/** Gets a token and calls an API with it. @returns whether the token was dead */
async function meetsDeadToken({ ask, call }: Platform, key: string): Promise<boolean> {
  const { access_token: token } = await ask(key)
  const { errcode = 0, code = 0 } = (await (await call(token)).json()) as Partial<FacadeBody>
  return errcode !== 0 || code !== 0
}

/** Retries immediately until a call succeeds, at most twenty times, as SDKs do. @returns how many calls had a dead token */
async function retries(platform: Platform, key: string): Promise<number> {
  for (let dead = 0; dead < 20; dead += 1) if (!(await meetsDeadToken(platform, key))) return dead
  return 20
}

const cases = [
  ...Object.entries(platforms).map(([title, platform]) => [title, platform, false] as const),
  ['WeChat token that rotates', platforms['WeChat token'], true] as const,
]

test.each(cases)(
  '%s: a client that retries immediately sees one dead token, no matter how recent the last probe is',
  async (_, platform, plain) => {
    world = await openFacadeWorld({ plain })
    const key = world.key([platform.name])
    await platform.ask(key)
    // The probe of this request finds the token alive.
    await platform.ask(key)
    await world.clock.advance(1000)
    world.simulator.revoke(platform.account)
    expect(await retries(platform, key)).toBeLessThanOrEqual(1)
    expect(world.simulator.ledger.tokenRequests()).toBe(2)
  },
)

test('a client that gets a token before each of twenty calls sees one dead token', async () => {
  world = await openFacadeWorld()
  const key = world.key(['shop'])
  for (let call = 0; call < 3; call += 1) await platforms['WeChat token'].ask(key)
  world.simulator.revoke('wechat')
  let dead = 0
  for (let call = 0; call < 20; call += 1) if (await meetsDeadToken(platforms['WeChat token'], key)) dead += 1
  expect(dead).toBeLessThanOrEqual(1)
})

test('a client that arrives after a probe for another client sees at most two dead tokens', async () => {
  world = await openFacadeWorld()
  const [key, other] = [world.key(['shop']), world.key(['shop'])]
  for (const client of [key, other, other]) await platforms['WeChat token'].ask(client)
  await world.clock.advance(5000)
  world.simulator.revoke('wechat')
  expect(await retries(platforms['WeChat token'], key)).toBeLessThanOrEqual(2)
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})

test('a client that misuses a living token causes six probes in ten seconds and no refresh', async () => {
  world = await openFacadeWorld()
  const key = world.key(['shop'])
  for (let call = 0; call < 500; call += 1) await platforms['WeChat token'].ask(key)
  expect(world.simulator.ledger.summary()).toMatchObject({ tokenRequests: 1, apiRequests: 6 })
})

test('fifty clients that misuse a living token share a budget of ten probes', async () => {
  world = await openFacadeWorld()
  const keys = Array.from({ length: 50 }, () => world.key(['shop']))
  for (let call = 0; call < 5; call += 1) await Promise.all(keys.map(platforms['WeChat token'].ask))
  const { tokenRequests, apiRequests } = world.simulator.ledger.summary()
  expect(tokenRequests).toBe(1)
  expect(apiRequests).toBeLessThanOrEqual(11)
})

test('twenty clients with one key and without a token, one after the other, cause no extra refresh', async () => {
  world = await openFacadeWorld()
  const key = world.key(['shop'])
  for (let client = 0; client < 20; client += 1) {
    await platforms['WeChat token'].ask(key)
    await world.clock.advance(100)
  }
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

test.each(cases)(
  '%s: tokens that die three times within a second are replaced without delaying a client',
  async (_, platform, plain) => {
    world = await openFacadeWorld({ plain })
    const key = world.key([platform.name])
    await platform.ask(key)
    const startMs = world.clock.monotonic()
    for (let death = 0; death < 3; death += 1) {
      world.simulator.revoke(platform.account)
      expect(await world.clock.runUntil(retries(platform, key))).toBeLessThanOrEqual(1)
    }
    expect(world.clock.monotonic() - startMs).toBeLessThan(2000)
    expect(world.simulator.ledger.tokenRequests()).toBe(4)
  },
)
