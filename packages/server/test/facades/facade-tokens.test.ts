import { appIds, openFacadeWorld, secrets, wechatTokenPath, wecomTokenPath, type FacadeWorld } from './facade-world.js'

let world: FacadeWorld
beforeEach(async () => {
  world = await openFacadeWorld()
})
afterEach(() => world.close())

const stable = (secret: string, more = {}) => ({
  grant_type: 'client_credential',
  appid: appIds.wechat,
  secret,
  ...more,
})

describe('WeChat', () => {
  test('token and stable_token give the same token with its remaining seconds', async () => {
    const key = world.key(['shop'])
    const first = await world.get(wechatTokenPath(key))
    expect(first).toEqual({ access_token: expect.stringMatching(/^simtok_/) as string, expires_in: 7200 })
    await world.clock.advance(1_500_400)
    const second = await world.post('/cgi-bin/stable_token', stable(key))
    expect(second).toEqual({ access_token: first.access_token, expires_in: 5699 })
    expect(world.simulator.ledger.tokenRequests()).toBe(1)
  })

  test('a key for other accounts, an unknown key, no key and an unknown app get the same error', async () => {
    const others = world.key(['bot'])
    const own = world.key(['shop'])
    const unknown = `lpk_0000000000_${'A'.repeat(43)}`
    const responses = await Promise.all([
      world.get(wechatTokenPath(others)),
      world.get(wechatTokenPath(unknown)),
      world.get(wechatTokenPath('not-a-key')),
      world.get(wechatTokenPath(own, 'wx0000000000000000')),
      world.get(wechatTokenPath(secrets.wechat)),
      world.post('/cgi-bin/stable_token', stable(others)),
    ])
    for (const response of responses) {
      expect(response).toEqual({ errcode: 40125, errmsg: expect.stringMatching(/^invalid appsecret/) as string })
      expect(response).toEqual(responses[0])
    }
    expect(world.simulator.ledger.tokenRequests()).toBe(0)
  })

  test('missing fields give the codes of the platform', async () => {
    const key = world.key('*')
    const missing = await Promise.all([
      world.get(`/cgi-bin/token?appid=${appIds.wechat}&secret=${key}`),
      world.get(`/cgi-bin/token?grant_type=client_credential&secret=${key}`),
      world.get(`/cgi-bin/token?grant_type=client_credential&appid=${appIds.wechat}`),
      world.get('/cgi-bin/stable_token'),
      world.post('/cgi-bin/stable_token', 'no json'),
      world.post('/cgi-bin/stable_token', 'null'),
      world.post('/cgi-bin/stable_token', '[1]'),
    ])
    expect(missing.map(({ errcode }) => errcode)).toEqual([40002, 41002, 41004, 43002, 40002, 40002, 40002])
  })

  test('a body is read with any content type, as curl and PHP send it', async () => {
    const key = world.key(['shop'])
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/json; charset=utf-8']) {
      expect(await world.post('/cgi-bin/stable_token', stable(key), type)).toMatchObject({ expires_in: 7200 })
    }
  })

  test('a token that a renewal invalidates is reported to live until the overlap after the next renewal', async () => {
    await world.close()
    world = await openFacadeWorld({ plain: true })
    const key = world.key(['shop'])
    const { access_token: first, expires_in: reported } = await world.get(wechatTokenPath(key))
    // Renewed with at least 600 s left, and invalid 300 s after that.
    expect(reported).toBeGreaterThanOrEqual(6900)
    expect(reported).toBeLessThanOrEqual(7050)
    await world.clock.advance((Number(reported) - 1) * 1000)
    await world.get(wechatTokenPath(key))
    const api = `${world.simulator.url}/wechat/cgi-bin/getcallbackip?access_token=${first}`
    expect(await (await fetch(api)).json()).toHaveProperty('ip_list')
  })
})

describe('WeCom', () => {
  test('gettoken responds with errcode 0', async () => {
    const response = await world.get(wecomTokenPath(world.key(['sales'])))
    expect(response).toEqual({
      errcode: 0,
      errmsg: 'ok',
      access_token: expect.stringMatching(/^simtok_wecom/) as string,
      expires_in: 7200,
    })
  })

  test('the apps of a corp are distinguished by the key, by agentid, or by the name after the key', async () => {
    const both = world.key(['sales', 'support'])
    const sales = await world.get(wecomTokenPath(world.key(['sales'])))
    const support = await world.get(wecomTokenPath(world.key(['support'])))
    expect(sales.access_token).not.toBe(support.access_token)
    expect(await world.get(wecomTokenPath(both, '&agentid=1000003'))).toMatchObject({
      access_token: support.access_token,
    })
    expect(await world.get(wecomTokenPath(`${both}@sales`))).toMatchObject({ access_token: sales.access_token })
  })

  test('a key that may read several apps of the corp gets an error that says what to do', async () => {
    const response = await world.get(wecomTokenPath(world.key('*')))
    expect(response).toEqual({ errcode: 40056, errmsg: expect.stringContaining('(sales, support)') as string })
    expect(response.errmsg).toContain('<key>@<account>')
  })

  test('an error does not name accounts of other keys', async () => {
    const response = await world.get(wecomTokenPath(`${world.key(['sales'])}@support`))
    expect(response).toEqual({ errcode: 40001, errmsg: expect.not.stringContaining('support') as string })
    expect(response).toEqual(await world.get(wecomTokenPath(world.key(['shop']))))
  })
})

describe('QQ', () => {
  const path = '/app/getAppAccessToken'

  test('the remaining seconds of QQ are a string of digits', async () => {
    const key = world.key(['bot'])
    const first = await world.post(path, { appId: appIds.qq, clientSecret: key })
    expect(first).toEqual({ access_token: expect.stringMatching(/^simtok_qq/) as string, expires_in: '7200' })
    await world.clock.advance(7_100_000)
    expect(await world.post(path, { appId: appIds.qq, clientSecret: key })).toEqual({ ...first, expires_in: '100' })
  })

  test('errors of QQ have the fields code and message', async () => {
    expect(await world.post(path, { appId: appIds.qq, clientSecret: world.key(['shop']) })).toEqual({
      code: 100016,
      message: expect.stringMatching(/^invalid appid or secret/) as string,
      expires_in: '0',
    })
    expect(await world.post(path, {})).toMatchObject({ code: 100007 })
  })
})

test('a hundred concurrent requests without a token cause one upstream request and get the same token', async () => {
  const keys = Array.from({ length: 10 }, () => world.key('*'))
  const responses = await Promise.all(
    Array.from({ length: 100 }, (_, i) => world.get(wechatTokenPath(keys[i % 10] ?? ''))),
  )
  expect(new Set(responses.map(({ access_token }) => access_token)).size).toBe(1)
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

test('keys, tokens and secrets do not appear in the log', async () => {
  const key = world.key('*')
  const { access_token: token } = await world.get(wechatTokenPath(key))
  await world.get(wechatTokenPath(`${key}x`))
  await world.post('/app/getAppAccessToken', { appId: 'x', clientSecret: key })
  await world.get(`/cgi-bin/ticket/getticket?type=jsapi&access_token=${token}`)
  const logged = world.logged()
  for (const secret of [key, token, ...Object.values(secrets)]) expect(logged).not.toContain(secret)
})
