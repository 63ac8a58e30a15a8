import { once } from 'node:events'
import { connect } from 'node:net'
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
beforeAll(async () => {
  world = await openFacadeWorld()
  key = world.key(['bot', 'shop', 'sales'])
})
afterAll(() => world.close())

const form = 'application/x-www-form-urlencoded'
const question = { grant_type: 'client_credential', appid: appIds.wechat }
const tokenOf = async (path: string): Promise<string> => (await world.get(path)).access_token

describe('POST instead of GET', () => {
  test('POST gives the same tokens with fields in the query, in JSON or in a form', async () => {
    const [shop, sales] = [await tokenOf(wechatTokenPath(key)), await tokenOf(wecomTokenPath(key))]
    const corp = { corpid: appIds.corp, corpsecret: key }
    const wechat = { ...question, secret: key }
    const responses = await Promise.all([
      world.post(wechatTokenPath(key), ''),
      world.post('/cgi-bin/token', wechat),
      world.post('/cgi-bin/token', new URLSearchParams(wechat).toString(), form),
      world.post('/cgi-bin/stable_token', new URLSearchParams(wechat).toString(), form),
      world.post(wecomTokenPath(key), '{}'),
      world.post('/cgi-bin/gettoken', corp),
      world.post('/cgi-bin/gettoken', new URLSearchParams(corp).toString(), form),
    ])
    expect(responses.map(({ access_token: token }) => token)).toEqual([
      ...Array<string>(4).fill(shop),
      ...Array<string>(3).fill(sales),
    ])
  })

  test('POST gives the same tickets with fields in the query or in the body', async () => {
    const [shop, sales] = [await tokenOf(wechatTokenPath(key)), await tokenOf(wecomTokenPath(key))]
    for (const [path, fields] of [
      ['/cgi-bin/ticket/getticket', { access_token: shop, type: 'jsapi' }],
      ['/cgi-bin/get_jsapi_ticket', { access_token: sales }],
      ['/cgi-bin/ticket/get', { access_token: sales, type: 'agent_config' }],
    ] as const) {
      const query = new URLSearchParams(fields).toString()
      const { ticket } = await world.get(`${path}?${query}`)
      expect(ticket).toMatch(/^simt/)
      expect(await world.post(`${path}?${query}`, '')).toMatchObject({ errcode: 0, ticket })
      expect(await world.post(path, fields)).toMatchObject({ errcode: 0, ticket })
      expect(await world.post(path, query, form)).toMatchObject({ errcode: 0, ticket })
    }
  })
})

test('double and trailing slashes lead to the same route', async () => {
  const shop = await tokenOf(wechatTokenPath(key))
  const query = wechatTokenPath(key).split('?')[1] ?? ''
  for (const path of ['//cgi-bin/token', '/cgi-bin//token', '/cgi-bin/token/', '//cgi-bin///token//']) {
    expect([path, await world.get(`${path}?${query}`)]).toMatchObject([path, { access_token: shop }])
  }
  const body = { appId: appIds.qq, clientSecret: key }
  for (const path of ['//app/getAppAccessToken', '/app//getAppAccessToken', '/app/getAppAccessToken/']) {
    expect([path, await world.post(path, body)]).toMatchObject([path, { expires_in: '7200' }])
  }
})

test("the account's name may stand before or after the key", async () => {
  const both = world.key(['sales', 'support'])
  for (const name of ['sales', 'support']) {
    const [front, behind] = [
      await tokenOf(wecomTokenPath(`${name}@${both}`)),
      await tokenOf(wecomTokenPath(`${both}@${name}`)),
    ]
    expect(front).toMatch(/^simtok_wecom/)
    expect(front).toBe(behind)
  }
  // Some SDKs distinguish apps by the first ten characters of the secret.
  expect(new Set(['sales', 'support'].map((name) => `${name}@${both}`.slice(0, 10))).size).toBe(2)
  for (const secret of [`shop@${both}`, `sales@${both}x`, `sales@`, `@${both}`, 'sales@support']) {
    expect(await world.get(wecomTokenPath(secret))).toMatchObject({ errcode: 40001 })
  }
  expect(await world.post('/app/getAppAccessToken', { appId: appIds.qq, clientSecret: `bot@${key}` })).toMatchObject({
    expires_in: '7200',
  })
})

describe('unserved paths', () => {
  const call = async (path: string, init: RequestInit = {}): Promise<{ status: number; body: FacadeBody }> => {
    const response = await fetch(world.url + path, init)
    return { status: response.status, body: (await response.json()) as FacadeBody }
  }

  test.each([
    ['GET', '/cgi-bin/user/info?access_token=x&openid=y'],
    ['POST', '/cgi-bin/message/custom/send?access_token=x'],
    ['POST', '/cgi-bin/message/send?access_token=x'],
    ['POST', '/wxa/getwxacodeunlimit?access_token=x'],
    ['POST', '/some/new/api?access_token=x'],
    ['PUT', '/cgi-bin/token'],
    ['DELETE', '/cgi-bin/gettoken/'],
    ['GET', '//cgi-bin//nothing'],
    ['GET', '/cgi-bin/%zz'],
  ])('%s %s gives an error in the format of WeChat and WeCom', async (method, path) => {
    const { status, body } = await call(path, { method })
    expect(status).toBe(200)
    expect(body).toEqual({
      errcode: 48001,
      errmsg: expect.stringContaining('send API calls to the platform') as string,
    })
  })

  test.each([
    ['POST', '/v2/users/1/messages'],
    ['GET', '/users/@me'],
    ['GET', '/gateway/bot'],
    ['POST', '/app/somethingElse'],
    ['PUT', '/app/getAppAccessToken'],
    ['GET', '/some/new/api'],
  ])('%s %s with the header of QQ gives an error in the format of QQ', async (method, path) => {
    const { status, body } = await call(path, { method, headers: { authorization: 'QQBot simtok_x' } })
    expect(status).toBe(404)
    expect(body).toMatchObject({
      code: 11253,
      message: expect.stringContaining('send API calls to the platform') as string,
    })
  })

  test('a large, broken or wrongly typed body gives an error in the format of the platform', async () => {
    for (const [body, type] of [
      ['x'.repeat(200_000), 'multipart/form-data; boundary=x'],
      ['{', 'application/json'],
      ['<xml/>', 'text/xml'],
    ] as const) {
      const init = { method: 'POST', body, headers: { 'content-type': type } }
      expect((await call('/cgi-bin/media/upload?access_token=x', init)).body).toMatchObject({ errcode: 48001 })
      expect((await call('/v2/users/1/files', init)).body).toMatchObject({ code: 11253 })
      const { body: error } = await call('/cgi-bin/token', init)
      expect(error).toMatchObject({ errcode: expect.any(Number) as number })
      expect(error.errcode).not.toBe(0)
    }
  })

  test('a path of no platform gives an error with the codes of all formats', async () => {
    expect(await call('/nothing')).toMatchObject({ status: 404, body: { errcode: 48001, code: 11253 } })
  })

  test('a path below the native API gives an error in the native format', async () => {
    expect(await call('/v1/nothing')).toMatchObject({ status: 404, body: { error: { code: 'ERR_NOT_FOUND' } } })
  })
})

test("every error of QQ's token route contains expires_in, which botgo reads first", async () => {
  const path = '/app/getAppAccessToken'
  const slow = world.key(['bot'], { rateLimit: 1 })
  const good = { appId: appIds.qq, clientSecret: slow }
  await world.post(path, good)
  await world.post(path, good)
  const errors = [
    await world.post(path, {}),
    await world.post(path, { appId: appIds.qq, clientSecret: 'wrong' }),
    await world.get(path),
    await world.post(path, good),
  ]
  expect(errors.map(({ code }) => code)).toEqual([100007, 100016, 100007, 100001])
  for (const error of errors) expect(error).toHaveProperty('expires_in', '0')
})

test("a request that offers h2c, like the JDK's client, gets its token", async () => {
  const { hostname, port } = new URL(world.url)
  const body = JSON.stringify({ appId: appIds.qq, clientSecret: key })
  const head = [
    'POST /app/getAppAccessToken HTTP/1.1',
    'Host: server',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: Upgrade, HTTP2-Settings',
    'Upgrade: h2c',
    'HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk',
  ]
  const socket = connect(Number(port), hostname)
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  const [response] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  expect(String(response)).toMatch(/^HTTP\/1\.1 200 [^]*"expires_in":"7200"/)
})
