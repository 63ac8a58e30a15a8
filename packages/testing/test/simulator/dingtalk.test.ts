import { TokenManager } from '@lingpai/core'
import { dingtalk, dingtalkCorp, dingtalkOld, dingtalkUnified, jsapiTicket } from '@lingpai/provider-dingtalk'
import { withSimulator, type Calls } from './simulator-calls.js'

/** What the bodies have between them. */
interface Body {
  readonly accessToken: string
  readonly access_token: string
  readonly jsapiTicket: string
  readonly expireIn: number
  readonly expires_in: number
  readonly code: string
  readonly errcode: number
}

interface Reply {
  readonly status: number
  readonly body: Body
  readonly text: string
}

/** DingTalk's calls; each test's accounts have two organisations. */
function callsOf({ simulator, send, post }: Calls) {
  const { appKey, appSecret } = simulator.accounts.dingtalk
  const suite = { suiteKey: appKey, suiteSecret: appSecret, authCorpId: 'corp1' }
  const asReply = async (reply: ReturnType<typeof send>): Promise<Reply> => (await reply) as unknown as Reply
  const api = (token: string, path = '/v1.0/microApp/allApps', more: RequestInit = {}): Promise<Reply> =>
    asReply(send(`/dingtalk${path}`, { headers: { 'x-acs-dingtalk-access-token': token }, ...more }))
  return {
    newToken: (changes = {}) => asReply(post('/dingtalk/v1.0/oauth2/accessToken', { appKey, appSecret, ...changes })),
    unifiedToken: (corpId = 'corp1', changes = {}) =>
      asReply(
        post(`/dingtalk/v1.0/oauth2/${corpId}/token`, {
          client_id: appKey,
          client_secret: appSecret,
          grant_type: 'client_credentials',
          ...changes,
        }),
      ),
    oldToken: (changes = {}) => {
      const query = new URLSearchParams({ appkey: appKey, appsecret: appSecret, ...changes })
      return asReply(send(`/dingtalk/gettoken?${query.toString()}`))
    },
    corpToken: (suiteTicket: string, changes = {}) =>
      asReply(post('/dingtalk/v1.0/oauth2/corpAccessToken', { ...suite, suiteTicket, ...changes })),
    suiteToken: (suiteTicket: string) =>
      asReply(post('/dingtalk/v1.0/oauth2/suiteAccessToken', { ...suite, suiteTicket })),
    api,
    topapi: (token: string, path = '/topapi/v2/user/get') => asReply(send(`/dingtalk${path}?access_token=${token}`)),
    ticket: (token: string) => api(token, '/v1.0/oauth2/jsapiTickets', { method: 'POST' }),
    push: () => (simulator.push('dingtalk') as { readonly suiteTicket: string }).suiteTicket,
  }
}

const withDingTalk = (
  use: (calls: Calls & ReturnType<typeof callsOf>) => Promise<void>,
  options: Parameters<typeof withSimulator>[0] = {},
): Promise<void> =>
  withSimulator(options, (calls) => {
    calls.simulator.change('dingtalk', { tenants: ['corp1', 'corp2'] })
    return use({ ...calls, ...callsOf(calls) })
  })

const failure = (status: number, code: string): object => ({
  status,
  body: { code, requestid: expect.any(String), message: expect.any(String) },
})

test('the token of an app is the same with each request, and its life begins again', () =>
  withDingTalk(async ({ newToken, oldToken, unifiedToken, clock }) => {
    const first = await Promise.all([newToken(), oldToken(), unifiedToken()])
    const [ofNew, ofOld, ofUnified] = first.map(({ body }) => body)
    const value = expect.stringMatching(/^simtok_dingtalk_/)
    expect(ofNew).toEqual({ accessToken: value, expireIn: 7200 })
    expect(ofOld).toEqual({ errcode: 0, errmsg: 'ok', access_token: value, expires_in: 7200 })
    expect(ofUnified).toEqual({ access_token: value, expires_in: 7200 })
    await clock.advance(7_000_000)
    const again = await Promise.all([newToken(), oldToken(), unifiedToken()])
    expect(again).toMatchObject(first.map(({ body }) => ({ body })))
  }))

test('each request of a service provider brings a new token, and the old one is dead', () =>
  withDingTalk(async ({ corpToken, suiteToken, api, push }) => {
    const ticket = push()
    const [first, second] = [await corpToken(ticket), await corpToken(ticket)]
    expect(second.body).toEqual({ accessToken: expect.any(String), expireIn: 7200 })
    expect(second.body.accessToken).not.toBe(first.body.accessToken)
    expect(await api(first.body.accessToken)).toMatchObject(failure(400, 'InvalidAuthentication'))
    expect((await api(second.body.accessToken)).status).toBe(200)
    // Another organisation has tokens of its own.
    await corpToken(ticket, { authCorpId: 'corp2' })
    expect((await api(second.body.accessToken)).status).toBe(200)
    expect((await suiteToken(ticket)).body).toMatchObject({ expireIn: 7200 })
  }))

test('a pushed ticket ends the one before it', () =>
  withDingTalk(async ({ corpToken, suiteToken, push }) => {
    expect(await corpToken('made-up')).toMatchObject(failure(400, 'invalidSuiteTicket'))
    const [first, second] = [push(), push()]
    expect(await corpToken(first)).toMatchObject(failure(400, 'invalidSuiteTicket'))
    expect(await suiteToken(first)).toMatchObject(failure(400, 'invalidSuiteTicket'))
    expect((await corpToken(second)).status).toBe(200)
  }))

test('each endpoint refuses wrong credentials in its own way', () =>
  withDingTalk(async ({ newToken, unifiedToken, oldToken, corpToken, push }) => {
    expect(await newToken({ appSecret: 'wrong' })).toMatchObject(failure(400, 'invalidClientIdOrSecret'))
    expect(await newToken({ appKey: 'ding0' })).toMatchObject(failure(400, 'invalidClientIdOrSecret'))
    expect(await unifiedToken('corp3')).toMatchObject({
      status: 500,
      body: { requestid: expect.any(String), code: 'unknownError', message: '未知错误' },
    })
    expect(await unifiedToken('corp1', { client_secret: 'wrong' })).toMatchObject(failure(400, 'invalid.client'))
    expect(await unifiedToken('corp1', { grant_type: 'x' })).toMatchObject(failure(400, 'unsupported.grant.type'))
    const bad = { errcode: 40096, errmsg: '不合法的appKey或appSecret' }
    expect(await oldToken({ appsecret: 'wrong' })).toMatchObject({ status: 200, body: bad })
    expect((await oldToken({ appsecret: '' })).body.errcode).toBe(40035)
    const ticket = push()
    expect(await corpToken(ticket, { suiteSecret: 'wrong' })).toMatchObject(failure(400, 'invalidSuiteKey'))
    expect(await corpToken(ticket, { authCorpId: 'corp3' })).toMatchObject(failure(400, 'invalidAuthInfo'))
  }))

test('a token request beyond the limit brings no token, and leaves the old one alive', () =>
  withDingTalk(async ({ corpToken, api, push, simulator }) => {
    simulator.change('dingtalk', { perMinute: 1 })
    const ticket = push()
    const { accessToken } = (await corpToken(ticket)).body
    expect((await corpToken(ticket)).body.errcode).toBe(90018)
    expect((await api(accessToken)).status).toBe(200)
  }))

test('the newer API looks at its header only', () =>
  withDingTalk(async ({ newToken, api, send, simulator }) => {
    const { accessToken } = (await newToken()).body
    const path = '/dingtalk/v1.0/microApp/allApps'
    const missing = failure(400, 'AuthenticationFailed.MissingParameter')
    expect(await send(path, { headers: { authorization: `Bearer ${accessToken}` } })).toMatchObject(missing)
    expect(await send(`${path}?access_token=${accessToken}`)).toMatchObject(missing)
    expect(await api('made-up')).toMatchObject(failure(400, 'InvalidAuthentication'))
    expect((await api(accessToken)).body).toEqual({ appList: [] })
    simulator.revoke('dingtalk')
    expect(await api(accessToken)).toMatchObject(failure(400, 'InvalidAuthentication'))
    expect(simulator.ledger.deadPresented({ kind: 'revoked' })).toBe(1)
    expect(simulator.ledger.entries.at(-1)).toMatchObject({ code: 'InvalidAuthentication' })
  }))

test('the older API looks at the query only, and has an envelope below /topapi', () =>
  withDingTalk(async ({ oldToken, topapi, api, clock }) => {
    const { access_token: token } = (await oldToken()).body
    expect((await topapi(token)).body).toMatchObject({ errcode: 0, errmsg: 'ok' })
    expect((await topapi(token, '/oapi/topapi/v2/user/get')).body).toMatchObject({ errcode: 0 })
    await clock.advance(7_200_000)
    expect(await topapi(token)).toMatchObject({
      status: 200,
      body: {
        errcode: 88,
        sub_code: '40014',
        sub_msg: '不合法的access_token',
        errmsg: 'ding talk error[subcode=40014,submsg=不合法的access_token]',
      },
    })
    expect((await topapi(token, '/microapp/list')).body).toEqual({ errcode: 40014, errmsg: '不合法的access_token' })
    expect((await topapi('')).body).toMatchObject({ errcode: 88, sub_code: '40000' })
    expect((await api(token, '/topapi/v2/user/get')).body).toMatchObject({ errcode: 88, sub_code: '40000' })
  }))

test('an address that is not allowed is named, also an IPv6 one', () =>
  withDingTalk(
    async ({ newToken, api, topapi, simulator }) => {
      simulator.change('dingtalk', { ipAllow: ['203.0.113.7'] })
      const { accessToken } = (await newToken()).body
      const message = expect.stringContaining('request ip=2001:db8::7')
      const code = 'Forbidden.AccessDenied.IpNotInWhiteList'
      expect(await api(accessToken)).toMatchObject({ status: 403, body: { code, message } })
      expect((await topapi(accessToken)).body).toMatchObject({ errcode: 88, sub_code: '60020', sub_msg: message })
    },
    { clientIp: '2001:db8::7' },
  ))

test('a ticket is the same for its life, and needs a working token', () =>
  withDingTalk(async ({ newToken, ticket, clock, simulator }) => {
    const { accessToken } = (await newToken()).body
    const first = await ticket(accessToken)
    expect(first.body).toEqual({ jsapiTicket: expect.stringMatching(/^simtok_/), expireIn: 7200 })
    await clock.advance(7_000_000)
    expect((await ticket(accessToken)).body).toEqual(first.body)
    simulator.revoke('dingtalk')
    expect(await ticket(accessToken)).toMatchObject(failure(400, 'InvalidAuthentication'))
    expect([simulator.ledger.ticketRequests(), simulator.ledger.ticketsIssued()]).toEqual([3, 1])
  }))

test('an address with too many calls gets HTML for five minutes, from every endpoint', () =>
  withDingTalk(async ({ newToken, api, clock, simulator }) => {
    simulator.change('dingtalk', { callsIn20Seconds: 2 })
    const { accessToken } = (await newToken()).body
    await api(accessToken)
    expect(await api(accessToken)).toMatchObject({ status: 200, text: expect.stringMatching(/^<!DOCTYPE html>/) })
    await clock.advance(299_000)
    expect((await newToken()).text).toMatch(/^</)
    await clock.advance(1000)
    expect((await newToken()).body).toMatchObject({ accessToken })
  }))

test('the providers work with both hosts and all kinds of tokens', () =>
  withDingTalk(async ({ simulator, clock, push }) => {
    const { appKey, appSecret } = simulator.accounts.dingtalk
    const entries = new Map<string, string>()
    const cache = {
      get: (key: string) => entries.get(key),
      set: (key: string, value: string) => void entries.set(key, value),
      remove: (key: string) => void entries.delete(key),
    }
    await using tokens = new TokenManager({ cache, clock })
    const suiteTicket = push()
    const sources = [
      tokens.source(simulator.provider(dingtalk), { appKey, appSecret }),
      tokens.source(simulator.provider(dingtalkOld), { appKey, appSecret }),
      tokens.source(simulator.provider(dingtalkUnified), {
        corpId: 'corp1',
        clientId: appKey,
        clientSecret: appSecret,
      }),
      tokens.source(simulator.provider(dingtalkCorp), {
        suiteKey: appKey,
        suiteSecret: appSecret,
        authCorpId: 'corp2',
        suiteTicket,
      }),
    ]
    const statuses = async (): Promise<readonly unknown[]> => {
      const paths = ['/dingtalk/v1.0/microApp/allApps', '/dingtalk/oapi/topapi/v2/user/get']
      const calls = sources.flatMap((source) => paths.map((path) => source.fetch(simulator.url + path)))
      const bodies = (await Promise.all(calls)).map((response) => response.json() as Promise<object>)
      return (await Promise.all(bodies)).map((body) => 'appList' in body || (body as Body).errcode)
    }
    const good = sources.flatMap(() => [true, 0])
    expect(await statuses()).toEqual(good)
    simulator.revoke('dingtalk')
    expect(await statuses()).toEqual(good)
    expect(simulator.ledger.tokenRequests()).toBe(2 * sources.length)
    const ticket = tokens.source(simulator.provider(jsapiTicket), { appKey, appSecret })
    expect(await ticket.getAccessToken()).toMatch(/^simtok_/)
  }))
