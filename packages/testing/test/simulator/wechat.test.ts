import { withSimulator } from './simulator-calls.js'

const rid = String.raw` rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$`

function refused(errcode: number, text: string): object {
  const escaped = text.replaceAll(/[.[\]]/g, String.raw`\$&`)
  return { errcode, errmsg: expect.stringMatching(new RegExp(`^${escaped}${rid}`)) }
}

test('token: each request returns a new token, and the previous one works for another 300 seconds', () =>
  withSimulator({}, async ({ wechatToken, wechatApi, clock }) => {
    const first = (await wechatToken()).body
    expect(first).toEqual({ access_token: expect.stringMatching(/^simtok_wechat_/), expires_in: 7200 })
    await clock.advance(60_000)
    const second = (await wechatToken()).body
    expect(second.access_token).not.toBe(first.access_token)
    expect(second.expires_in).toBe(7200)
    await clock.advance(299_999)
    expect((await wechatApi(first.access_token)).body).toHaveProperty('ip_list')
    await clock.advance(1)
    expect((await wechatApi(first.access_token)).body).toEqual(
      refused(40001, 'invalid credential, access_token is invalid or not latest'),
    )
    expect((await wechatApi(second.access_token)).body).toHaveProperty('ip_list')
  }))

test('stable_token: the same token until its last 300 seconds, with its remaining life', () =>
  withSimulator({}, async ({ stableToken, wechatApi, clock }) => {
    const first = (await stableToken()).body
    await clock.advance((7200 - 345) * 1000)
    expect((await stableToken()).body).toEqual({ access_token: first.access_token, expires_in: 345 })
    await clock.advance(45_000)
    expect((await stableToken()).body.expires_in).toBe(300)
    await clock.advance(1)
    const second = (await stableToken()).body
    expect(second.expires_in).toBe(7200)
    expect(second.access_token).not.toBe(first.access_token)
    await clock.advance(299_998)
    expect((await wechatApi(first.access_token)).body).toHaveProperty('ip_list')
    await clock.advance(1)
    expect((await wechatApi(first.access_token)).body).toEqual(refused(42001, 'access_token expired'))
  }))

test('token and stable_token do not affect each other', () =>
  withSimulator({}, async ({ stableToken, wechatToken, wechatApi, clock }) => {
    const stable = (await stableToken()).body.access_token
    const plain = (await wechatToken()).body.access_token
    await stableToken({ force_refresh: true })
    for (let i = 0; i < 3; i++) await wechatToken()
    expect((await wechatApi(stable)).body).toHaveProperty('ip_list')
    expect((await wechatApi(plain)).body.errcode).toBe(40001)
    await clock.advance(299_000)
    expect((await wechatApi(stable)).body).toHaveProperty('ip_list')
  }))

test('forced refreshes must be 30 seconds apart, and two of them end a leaked token at once', () =>
  withSimulator({}, async ({ stableToken, wechatApi, clock }) => {
    const force = async (): Promise<string> => (await stableToken({ force_refresh: true })).body.access_token
    const leaked = (await stableToken()).body.access_token
    const first = await force()
    expect(first).not.toBe(leaked)
    expect(await force()).toBe(first)
    await clock.advance(29_999)
    expect(await force()).toBe(first)
    expect((await wechatApi(leaked)).body).toHaveProperty('ip_list')
    await clock.advance(1)
    expect(await force()).not.toBe(first)
    expect((await wechatApi(leaked)).body.errcode).toBe(40001)
    expect((await wechatApi(first)).body).toHaveProperty('ip_list')
  }))

test('a forced refresh is possible twenty times a day', () =>
  withSimulator({}, async ({ stableToken, clock }) => {
    const seen = new Set<string>()
    for (let i = 0; i < 25; i++) {
      seen.add((await stableToken({ force_refresh: true })).body.access_token)
      await clock.advance(30_000)
    }
    expect(seen.size).toBe(20)
  }))

test.each([
  ['another grant_type', { grant_type: 'client_credentials' }, 40002, 'invalid grant_type'],
  ['no appid', { appid: '' }, 41002, 'appid missing'],
  ['no secret', { secret: '' }, 41004, 'appsecret missing'],
  ['an unknown appid', { appid: 'wxffffffffffffffff' }, 40013, 'invalid appid'],
  ['a wrong secret', { secret: 'wrong' }, 40125, 'invalid appsecret'],
])('both token endpoints refuse %s', async (_, changes, code, text) =>
  withSimulator({}, async ({ wechatToken, stableToken }) => {
    expect(await wechatToken(changes as Record<string, string>)).toMatchObject({
      status: 200,
      body: refused(code, text),
    })
    expect(await stableToken(changes)).toMatchObject({ status: 200, body: refused(code, text) })
  }),
)

test("another account's secret is 40001", () =>
  withSimulator(
    {
      accounts: {
        wechat: [
          { appId: 'wx1', appSecret: 'one' },
          { appId: 'wx2', appSecret: 'two' },
        ],
      },
    },
    async ({ wechatToken }) => {
      expect((await wechatToken({ secret: 'two' })).body.errcode).toBe(40001)
    },
  ))

test('stable_token requires POST', () =>
  withSimulator({}, async ({ send }) => {
    expect((await send('/wechat/cgi-bin/stable_token?grant_type=client_credential')).body).toEqual(
      refused(43002, 'require POST method'),
    )
  }))

test('WeChat checks the IP allowlist at the token endpoint and not in API calls', () =>
  withSimulator({}, async ({ wechatToken, wechatApi, simulator }) => {
    const token = (await wechatToken()).body.access_token
    simulator.change('wechat', { ipAllow: ['203.0.113.9'] })
    const denied = refused(40164, 'invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist')
    expect((await wechatToken()).body).toEqual(denied)
    expect((await wechatApi(token)).body).toHaveProperty('ip_list')
  }))

test('token has a quota of 2000 a day, stable_token a far larger one', () =>
  withSimulator({}, async ({ wechatToken, stableToken, clock, simulator }) => {
    for (let i = 0; i < 2000; i += 100) await Promise.all(Array.from({ length: 100 }, () => wechatToken()))
    expect(simulator.ledger.tokensIssued('wechat')).toBe(2000)
    expect((await wechatToken()).body).toEqual(refused(45009, 'reach max api daily quota limit'))
    expect((await stableToken()).body.expires_in).toBe(7200)
    await clock.advance(86_400_000)
    expect((await wechatToken()).body.expires_in).toBe(7200)
  }))

test('the quota of a minute ends with the minute', () =>
  withSimulator({}, async ({ stableToken, clock, simulator }) => {
    simulator.change('wechat', { perMinute: 1 })
    await stableToken()
    expect((await stableToken()).body).toEqual(
      refused(45011, 'api minute-quota reach limit, must slower, retry next minute'),
    )
    await clock.advance(60_000)
    expect((await stableToken()).body.expires_in).toBe(7140)
  }))

test('the WeChat API distinguishes a missing, a malformed, an unknown and an expired token', () =>
  withSimulator({}, async ({ wechatToken, wechatApi, send, clock, simulator }) => {
    expect((await send('/wechat/cgi-bin/getcallbackip')).body).toEqual(refused(41001, 'access_token missing'))
    expect((await wechatApi('nonsense')).body).toEqual(refused(40014, 'invalid access_token'))
    const foreign = refused(40001, 'invalid credential, access_token is invalid or not latest')
    expect((await wechatApi(`simtok_${'x'.repeat(100)}`)).body).toEqual(foreign)
    const token = (await wechatToken()).body.access_token
    simulator.revoke(token)
    expect((await wechatApi(token)).body).toEqual(foreign)
    const next = (await wechatToken()).body.access_token
    await clock.advance(7_200_000)
    expect((await wechatApi(next)).body).toEqual(refused(42001, 'access_token expired'))
  }))

test('the simulated paths of WeChat accept a working token', () =>
  withSimulator({}, async ({ stableToken, wechatApi, post }) => {
    const token = (await stableToken()).body.access_token
    expect((await wechatApi(token, '/cgi-bin/get_api_domain_ip')).body).toHaveProperty('ip_list')
    const sent = await post(`/wechat/cgi-bin/message/custom/send?access_token=${token}`, {
      touser: 'O',
      msgtype: 'text',
    })
    expect(sent.body).toEqual({ errcode: 0, errmsg: 'ok' })
    expect((await wechatApi(token, '/cgi-bin/anything')).body).toEqual({ errcode: 0, errmsg: 'ok' })
  }))
