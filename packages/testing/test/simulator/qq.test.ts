import { withSimulator } from './simulator-calls.js'

const tokenPath = '/qq/app/getAppAccessToken'
const hex = /^[0-9a-f-]+$/

test('QQ returns the life of a token as a string of digits', () =>
  withSimulator({}, async ({ qqToken }) => {
    const { status, body } = await qqToken()
    expect(status).toBe(200)
    expect(body).toEqual({ access_token: expect.stringMatching(/^simtok_qq_[\w-]{90,}$/), expires_in: '7200' })
  }))

test('QQ repeats a token with its remaining life, and returns a new one only in the last 60 seconds', () =>
  withSimulator({}, async ({ qqToken, clock }) => {
    const first = (await qqToken()).body
    await clock.advance(5_978_000)
    expect((await qqToken()).body).toEqual({ access_token: first.access_token, expires_in: '1222' })
    await clock.advance((1222 - 60) * 1000)
    expect((await qqToken()).body).toEqual({ access_token: first.access_token, expires_in: '60' })
    await clock.advance(1)
    const second = (await qqToken()).body
    expect(second.expires_in).toBe('7200')
    expect(second.access_token).not.toBe(first.access_token)
  }))

test('a replaced QQ token works until its own expiry', () =>
  withSimulator({}, async ({ qqToken, qqApi, clock }) => {
    const old = (await qqToken()).body.access_token
    await clock.advance(7_145_000)
    const young = (await qqToken()).body.access_token
    await clock.advance(54_999)
    expect((await qqApi(old)).status).toBe(200)
    await clock.advance(1)
    expect((await qqApi(old)).body).toMatchObject({ code: 11244, err_code: 11244 })
    expect((await qqApi(young)).status).toBe(200)
  }))

test.each([
  ['a form', 'application/x-www-form-urlencoded', 'appId=102000001&clientSecret=x', 100007, 'appid invalid'],
  ['a form labelled JSON', 'application/json', 'appId=102000001&clientSecret=x', 100002, 'internal err'],
  ['a numeric appId', 'application/json', '{"appId":102000001,"clientSecret":"x"}', 100002, 'internal err'],
  ['an appId with letters', 'application/json', '{"appId":"abc","clientSecret":"x"}', 100007, 'appid invalid'],
  ['an unknown appId', 'application/json', '{"appId":"102999999","clientSecret":"x"}', 10004, '机器人不存在'],
  ['a wrong secret', 'application/json', '{"appId":"102000001","clientSecret":"x"}', 100016, 'invalid appid or secret'],
  ['no secret', 'application/json', '{"appId":"102000001"}', 100016, 'invalid appid or secret'],
])('the token endpoint refuses %s with HTTP 200', async (_, type, text, code, message) =>
  withSimulator({}, async ({ post, simulator }) => {
    const { status, body } = await post(tokenPath, text, { 'content-type': type })
    expect({ status, body }).toEqual({ status: 200, body: { code, message } })
    expect(simulator.ledger.tokensIssued()).toBe(0)
  }),
)

test('QQ throttles token requests beyond the limit of a minute until the next minute', () =>
  withSimulator({}, async ({ qqToken, clock, simulator }) => {
    simulator.change('qq', { perMinute: 2 })
    await qqToken()
    await qqToken()
    expect((await qqToken()).body).toEqual({ code: 100001, message: 'Too many requests' })
    await clock.advance(60_000)
    expect((await qqToken()).body.expires_in).toBe('7140')
  }))

test('the QQ API responds with 401 and a code for each kind of invalid token', () =>
  withSimulator({}, async ({ qqToken, qqApi, send, simulator }) => {
    const token = (await qqToken()).body.access_token
    const missing = await send('/qq/users/@me')
    expect(missing.status).toBe(401)
    expect(missing.body).toEqual({
      message: 'token parameter missing',
      code: 11241,
      err_code: 11241,
      trace_id: missing.headers.get('x-tps-trace-id'),
    })
    const bearer = await send('/qq/users/@me', { headers: { authorization: `Bearer ${token}` } })
    expect(bearer.body.code).toBe(11241)
    const fixed = await send('/qq/users/@me', { headers: { authorization: 'Bot 102000001.fixed' } })
    expect(fixed.body.code).toBe(11245)
    expect(await qqApi('made-up')).toMatchObject({ status: 401, body: { code: 11243, err_code: 11243 } })
    simulator.revoke('qq')
    expect(await qqApi(token)).toMatchObject({
      status: 401,
      body: { message: 'AccessToken无效或过期', code: 11244, err_code: 40011027 },
    })
  }))

test('the QQ API reports an expired token in the older format', () =>
  withSimulator({}, async ({ qqToken, qqApi, clock }) => {
    const token = (await qqToken()).body.access_token
    await clock.advance(7_200_000)
    const { status, body } = await qqApi(token)
    expect(status).toBe(401)
    expect(body).toEqual({
      message: 'token not exist or expire',
      code: 11244,
      err_code: 11244,
      trace_id: expect.stringMatching(hex),
    })
  }))

test('QQ checks the IP allowlist in API calls and not at the token endpoint', () =>
  withSimulator({}, async ({ qqToken, qqApi, simulator }) => {
    simulator.change('qq', { ipAllow: ['203.0.113.9'] })
    const token = (await qqToken()).body.access_token
    expect(await qqApi(token)).toMatchObject({
      status: 401,
      body: { message: '接口访问源IP不在白名单', code: 11298, err_code: 40023002 },
    })
    simulator.change('qq', { ipAllow: ['127.0.0.1'] })
    expect((await qqApi(token)).status).toBe(200)
  }))

test('replies to one message may use each msg_seq once', () =>
  withSimulator({}, async ({ qqToken, post }) => {
    const authorization = `QQBot ${(await qqToken()).body.access_token}`
    const reply = (path: string, body: object) => post(path, body, { authorization })
    const user = '/qq/v2/users/OPENID/messages'
    expect((await reply(user, { content: 'a', msg_id: 'm1' })).body).toMatchObject({ id: expect.any(String) })
    const again = await reply(user, { content: 'b', msg_id: 'm1', msg_seq: 1 })
    expect(again.status).toBe(400)
    expect(again.body).toEqual({
      message: '消息被去重，请检查请求msgseq',
      code: 40054005,
      err_code: 40054005,
      trace_id: expect.stringMatching(hex),
    })
    expect((await reply(user, { content: 'b', msg_id: 'm1', msg_seq: 2 })).status).toBe(200)
    expect((await reply('/qq/v2/groups/G/messages', { content: 'a', msg_id: 'm1' })).status).toBe(200)
    expect((await reply(user, { content: 'proactive' })).status).toBe(200)
    expect((await reply(user, { content: 'proactive' })).status).toBe(200)
  }))

test('/gateway and any other path of QQ accept a working token', () =>
  withSimulator({}, async ({ qqToken, qqApi }) => {
    const token = (await qqToken()).body.access_token
    expect((await qqApi(token, '/gateway')).body).toEqual({ url: expect.stringMatching(/^ws:/) })
    expect((await qqApi(token, '/gateway/bot')).body).toMatchObject({
      shards: 1,
      session_start_limit: { total: 1500, remaining: 1500, max_concurrency: 1 },
    })
    expect(await qqApi(token, '/channels/1/whatever')).toMatchObject({ status: 200, body: {} })
  }))
