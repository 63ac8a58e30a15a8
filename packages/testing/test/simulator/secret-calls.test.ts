import { withSimulator } from './simulator-calls.js'

const login = (appid: string, secret: string, code = 'code-1'): string =>
  `/wechat/sns/jscode2session?${new URLSearchParams({ appid, secret, js_code: code, grant_type: 'authorization_code' }).toString()}`
const webLogin = (appid: string, secret: string): string =>
  `/wechat/sns/oauth2/access_token?${new URLSearchParams({ appid, secret, code: 'c', grant_type: 'authorization_code' }).toString()}`

test('a login with the right secret returns the user of the code', () =>
  withSimulator({}, async ({ simulator, send }) => {
    const { appId, appSecret } = simulator.accounts.wechat
    const first = (await send(login(appId, appSecret))).body
    expect(first).toEqual({ session_key: expect.any(String) as string, openid: expect.any(String) as string })
    expect((await send(login(appId, appSecret))).body).toEqual(first)
    expect((await send(login(appId, appSecret, 'code-2'))).body).not.toEqual(first)
    expect((await send(webLogin(appId, appSecret))).body).toMatchObject({ expires_in: 7200, scope: 'snsapi_base' })
  }))

test('logins and clear_quota reject a wrong secret, a missing one and an unknown app', () =>
  withSimulator({}, async ({ simulator, send, post }) => {
    const { appId } = simulator.accounts.wechat
    for (const path of [login, webLogin]) {
      expect((await send(path(appId, 'lpk_not-the-secret'))).body).toMatchObject({ errcode: 40125 })
      expect((await send(path(appId, ''))).body).toMatchObject({ errcode: 41004 })
      expect((await send(path('wx0000000000000000', 'x'))).body).toMatchObject({ errcode: 40013 })
    }
    const clear = (appsecret: string) => post('/wechat/cgi-bin/clear_quota/v2', { appid: appId, appsecret })
    expect((await clear('lpk_not-the-secret')).body).toMatchObject({ errcode: 40125 })
    expect((await clear(simulator.accounts.wechat.appSecret)).body).toEqual({ errcode: 0, errmsg: 'ok' })
  }))
