import { alive, openForwardWorld, shop, till, type ForwardWorld } from './forward-world.js'

let world: ForwardWorld
beforeEach(async () => {
  world = await openForwardWorld()
})
afterEach(() => world.close())

test('a facade hands out a surrogate, and a call with it reaches the API with the real token', async () => {
  const surrogate = await world.surrogate(world.key())
  const response = await fetch(`${world.url}/cgi-bin/user/info?openid=o%2B1&access_token=${surrogate}&lang=zh_CN`)
  const [real] = world.realTokens()
  expect(surrogate).toMatch(/^lpt_/)
  expect(response.status).toBe(200)
  expect(world.api.calls.map(({ url }) => url)).toEqual([
    `/cgi-bin/user/info?openid=o%2B1&access_token=${real}&lang=zh_CN`,
  ])
})

test('a client that asks again within an hour receives the same surrogate', async () => {
  const key = world.key()
  expect(await world.surrogate(key)).toBe(await world.surrogate(key))
})

test('each account on the one base URL is called with its own token', async () => {
  const key = world.key()
  for (const appId of [shop.appId, till.appId]) {
    await fetch(`${world.url}/cgi-bin/user/info?access_token=${await world.surrogate(key, appId)}`)
  }
  const sent = world.api.calls.map(({ url }) => new URL(url, world.url).searchParams.get('access_token'))
  expect(sent).toEqual(world.realTokens())
  expect(new Set(sent).size).toBe(2)
})

test('fifty callers whose token was revoked all succeed, and one refresh replaces it', async () => {
  const surrogate = await world.surrogate(world.key())
  world.revokeTokens()
  world.simulator.ledger.reset()
  const calls = Array.from({ length: 50 }, (_, index) =>
    fetch(`${world.url}/cgi-bin/message/send?access_token=${surrogate}`, { method: 'POST', body: `{"n":${index}}` }),
  )
  const bodies = await Promise.all(calls.map(async (call) => (await call).json()))
  expect(bodies).toEqual(Array.from({ length: 50 }, () => alive))
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
  expect(new Set(world.api.calls.filter(({ url }) => url.includes('/send')).map(({ text }) => text)).size).toBe(50)
})

test('a healed call is audited with the key and the account, and counted', async () => {
  const surrogate = await world.surrogate(world.key({ name: 'crm' }))
  world.revokeTokens()
  await fetch(`${world.url}/cgi-bin/user/info?access_token=${surrogate}`)
  const line = world
    .logged()
    .split('\n')
    .find((text) => text.includes('"event":"healed"'))
  expect(JSON.parse(line ?? '{}')).toMatchObject({ audit: true, account: 'shop', by: 'crm', generation: 2 })
  const metrics = await fetch(`${world.url}/metrics`, { headers: { authorization: `Bearer ${world.key()}` } })
  expect(await metrics.text()).toContain(
    'lingpai_forwarded_calls_total{provider="wechat-mp",account="shop",key="crm",outcome="healed"} 1',
  )
})

test('each call is counted once for its key, however often the metrics are read', async () => {
  const surrogate = await world.surrogate(world.key({ name: 'crm of the shop' }))
  const authorization = `Bearer ${world.key()}`
  const counted = async (): Promise<readonly string[]> => {
    const text = await (await fetch(`${world.url}/metrics`, { headers: { authorization } })).text()
    return text.split('\n').filter((line) => line.startsWith('lingpai_forwarded_calls_total{'))
  }
  const line = 'lingpai_forwarded_calls_total{provider="wechat-mp",account="shop",key="crm of the shop",outcome="ok"}'
  for (const calls of [1, 2]) {
    await fetch(`${world.url}/cgi-bin/user/info?access_token=${surrogate}`)
    expect(await counted()).toEqual([`${line} ${calls}`])
  }
})

test('a client key in place of the token names its account', async () => {
  const key = world.key({ accounts: ['till'] })
  await fetch(`${world.url}/cgi-bin/user/info?access_token=${key}`)
  await fetch(`${world.url}/cgi-bin/user/info?access_token=${world.key()}@till`)
  const [real] = world.realTokens()
  expect(world.api.calls.map(({ url }) => url)).toEqual(
    Array.from({ length: 2 }, () => `/cgi-bin/user/info?access_token=${real}`),
  )
})

test('a real token appears in no response and no log line', async () => {
  const surrogate = await world.surrogate(world.key())
  world.api.respond = ({ url }, response) => {
    response.writeHead(302, { location: `https://example.com${url}`, 'x-echo': url }).end(JSON.stringify({ url }))
  }
  const response = await fetch(`${world.url}/cgi-bin/user/info?access_token=${surrogate}`, { redirect: 'manual' })
  const shown = [JSON.stringify([...response.headers]), await response.text(), world.logged()]
  const [real = ''] = world.realTokens()
  expect(shown.filter((text) => text.includes(real))).toEqual([])
  expect(response.headers.get('location')).toBe(`https://example.com/cgi-bin/user/info?access_token=${surrogate}`)
})

test('a surrogate works on another server with the same cache', async () => {
  const surrogate = await world.surrogate(world.key())
  const another = await world.startAnother()
  const response = await fetch(`${another.url}/cgi-bin/user/info?access_token=${surrogate}`)
  expect([response.status, world.api.calls.length]).toEqual([200, 1])
})

test.each(['jsapi', 'wx_card', 'another'])(
  'a request for a ticket of the type %s, which the server does not keep, is sent on with the real token',
  async (type) => {
    const key = world.key()
    const path = `/cgi-bin/ticket/getticket?type=${type}&access_token=`
    for (const token of [await world.surrogate(key), `${key}@shop`]) {
      const response = await fetch(world.url + path + encodeURIComponent(token))
      expect([response.status, await response.json()]).toEqual([200, {}])
    }
    const sent = path + String(world.realTokens()[0])
    expect(world.api.calls.map(({ url }) => url)).toEqual([sent, sent])
  },
)
