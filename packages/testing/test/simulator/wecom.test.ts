import { withSimulator } from './simulator-calls.js'

const apps = [
  { corpId: 'ww1', agentId: '1', corpSecret: 'one' },
  { corpId: 'ww1', agentId: '2', corpSecret: 'two' },
]

function refused(errcode: number, text: string): object {
  const tail = String.raw`, hint: \[[0-9a-f-]+\], from ip: 127\.0\.0\.1, more info at https://open\.work\.weixin\.qq\.com/devtool/query\?e=${errcode}$`
  return { errcode, errmsg: expect.stringMatching(new RegExp(`^${text}${tail}`)) }
}

test('WeCom returns the same token during its life, with errcode 0 and its remaining life', () =>
  withSimulator({}, async ({ wecomToken, wecomApi, clock }) => {
    const first = (await wecomToken()).body
    const access_token = expect.stringMatching(/^simtok_wecom_/)
    expect(first).toEqual({ errcode: 0, errmsg: 'ok', access_token, expires_in: 7200 })
    await clock.advance(7_199_000)
    expect((await wecomToken()).body).toEqual({ ...first, expires_in: 1 })
    expect((await wecomApi(first.access_token)).body).toMatchObject({ errcode: 0, ip_list: expect.any(Array) })
    await clock.advance(1000)
    const second = (await wecomToken()).body
    expect(second.expires_in).toBe(7200)
    expect(second.access_token).not.toBe(first.access_token)
    expect((await wecomApi(first.access_token)).body).toEqual(refused(42001, 'access_token expired'))
  }))

test('an account can be set to return the full life with each repeated token', () =>
  withSimulator({}, async ({ wecomToken, clock, simulator }) => {
    simulator.change('wecom', { expiresIn: 'full' })
    const first = (await wecomToken()).body
    await clock.advance(7_000_000)
    expect((await wecomToken()).body).toEqual(first)
  }))

test('an account can be set to report an expired token as invalid, as WeCom often does', () =>
  withSimulator({}, async ({ wecomToken, wecomApi, clock, simulator }) => {
    simulator.change('wecom', { expiredCode: 40014 })
    const token = (await wecomToken()).body.access_token
    await clock.advance(7_200_000)
    expect((await wecomApi(token)).body).toEqual({ errcode: 40014, errmsg: 'invalid access_token' })
  }))

test.each([
  ['no corpid', { corpid: '' }, 41002, 'corpid missing'],
  ['no secret', { corpsecret: '' }, 41004, 'corpsecret missing'],
  ['an unknown corpid', { corpid: 'wwffffffffffffffff' }, 40013, 'invalid corpid'],
  ['a wrong secret', { corpsecret: 'wrong' }, 40001, 'invalid credential'],
])('the token endpoint refuses %s', async (_, changes, code, text) =>
  withSimulator({}, async ({ wecomToken }) => {
    const reply = await wecomToken(changes)
    expect(reply).toMatchObject({ status: 200, body: refused(code, text) })
  }),
)

test('each secret of a corp has its own token, and a message requires that of its agent', () =>
  withSimulator({ accounts: { wecom: apps } }, async ({ wecomToken, post, simulator }) => {
    const one = (await wecomToken({ corpsecret: 'one' })).body.access_token
    const two = (await wecomToken({ corpsecret: 'two' })).body.access_token
    expect(one).not.toBe(two)
    const send = (token: string, agentid: unknown) =>
      post(`/wecom/cgi-bin/message/send?access_token=${token}`, { agentid, touser: '@all', msgtype: 'text' })
    expect((await send(one, 1)).body).toMatchObject({ errcode: 0, errmsg: 'ok', msgid: expect.any(String) })
    expect((await send(two, '2')).body.errcode).toBe(0)
    expect((await send(one, 2)).body.errcode).toBe(301002)
    expect(simulator.ledger.tokensIssued('wecom:ww1:1')).toBe(1)
    expect(simulator.ledger.tokensIssued('wecom:ww1:2')).toBe(1)
  }))

test('WeCom rejects a dead or unknown token with 40014 and its own message', () =>
  withSimulator({}, async ({ wecomToken, wecomApi, qqToken, simulator }) => {
    const invalid = { errcode: 40014, errmsg: 'invalid access_token' }
    expect((await wecomApi('made-up')).body).toEqual(invalid)
    expect((await wecomApi((await qqToken()).body.access_token)).body).toEqual(invalid)
    const token = (await wecomToken()).body.access_token
    simulator.revoke('wecom')
    expect((await wecomApi(token)).body).toEqual(invalid)
    expect((await wecomApi('')).body).toEqual({ errcode: 41001, errmsg: 'access_token missing' })
  }))

test('WeCom checks the IP allowlist in API calls and not at the token endpoint', () =>
  withSimulator({}, async ({ wecomToken, wecomApi, simulator }) => {
    simulator.change('wecom', { ipAllow: [] })
    const token = (await wecomToken()).body.access_token
    expect((await wecomApi(token)).body).toEqual(refused(60020, 'not allow to access from your ip'))
  }))

test('WeCom rejects token requests beyond the limit of a minute until the next minute', () =>
  withSimulator({}, async ({ wecomToken, clock, simulator }) => {
    simulator.change('wecom', { perMinute: 1 })
    await wecomToken()
    expect((await wecomToken()).body).toEqual(refused(45009, 'api freq out of limit'))
    await clock.advance(60_000)
    expect((await wecomToken()).body.errcode).toBe(0)
  }))

test('two thousand failures within an hour block the corp for the rest of the hour', () =>
  withSimulator({}, async ({ wecomToken, clock }) => {
    for (let i = 0; i < 2000; i += 100) {
      await Promise.all(Array.from({ length: 100 }, () => wecomToken({ corpsecret: 'wrong' })))
    }
    expect((await wecomToken()).body.errcode).toBe(45009)
    await clock.advance(3_600_000)
    expect((await wecomToken()).body.errcode).toBe(0)
  }))

test('WeCom rejects more concurrent token requests than allowed', () =>
  withSimulator({}, async ({ wecomToken, clock, simulator }) => {
    simulator.change('wecom', { maxConcurrent: 2 })
    simulator.fault({ endpoint: 'token', latencyMs: 1000, times: 3 })
    const replies = Promise.all([wecomToken(), wecomToken(), wecomToken()])
    await clock.advance(1000)
    const codes = (await replies).map(({ body }) => body.errcode)
    expect(codes.sort()).toEqual([0, 0, 45033])
    await clock.settle()
    expect((await wecomToken()).body.errcode).toBe(0)
  }))
