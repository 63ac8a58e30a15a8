import { json } from './api-recorder.js'
import { openForwardWorld, shop, type ForwardWorld } from './forward-world.js'
import { requestText, sendRaw } from '../bad-input/raw-http.js'

let world: ForwardWorld
let key: string
let surrogate: string
beforeEach(async () => {
  world = await openForwardWorld()
  key = world.key()
  surrogate = await world.surrogate(key)
})
afterEach(() => world.close())

const call = async (path: string, init?: RequestInit): Promise<Record<string, unknown>> =>
  (await fetch(world.url + path, init)).json() as Promise<Record<string, unknown>>
const info = (token: string): string => `/cgi-bin/user/info?access_token=${token}`

test('without a surrogate or key nothing is sent on, and SDKs are told to fetch a token', async () => {
  const bodies = [
    await call('/cgi-bin/user/info'),
    await call(info('a-token-of-the-platform')),
    await call(info(world.realTokens()[0] ?? '')),
    await call('/cgi-bin/message/send', { method: 'POST', body: '{"access_token":"lpt_x"}' }),
  ]
  expect(bodies.map(({ errcode }) => errcode)).toEqual([40001, 40001, 40001, 40001])
  expect(world.api.calls).toEqual([])
})

test.each([
  ['forged', (text: string) => `${text.slice(0, -2)}AA`],
  [
    'of another account',
    (text: string) =>
      text.replace(Buffer.from('shop').toString('base64url'), Buffer.from('till').toString('base64url')),
  ],
  ['malformed', () => 'lpt_nonsense'],
  ['with the prefix of a key', () => `lpk_0000000000_${'A'.repeat(43)}`],
])('a surrogate that is %s is rejected with the code on which SDKs fetch a token', async (_, change) => {
  expect(await call(info(change(surrogate)))).toMatchObject({ errcode: 40001 })
  expect(world.api.calls).toEqual([])
})

test('a revoked key ends its surrogates at once', async () => {
  await call(info(surrogate))
  world.revoke(key)
  expect(await call(info(surrogate))).toMatchObject({ errcode: 40001 })
  expect(world.api.calls).toHaveLength(1)
})

test('a key that lost an account loses its surrogates', async () => {
  await call(info(surrogate))
  const stored = world.keys.find(/lpk_(\w{10})/.exec(key)?.[1] ?? '')
  world.keys.replace([{ ...stored!, accounts: ['till'] }])
  expect(await call(info(surrogate))).toMatchObject({ errcode: 40001 })
  expect(world.api.calls).toHaveLength(1)
})

test.each([
  ['Feishu', { authorization: true, path: '/open-apis/im/v1/messages' }],
  ['DingTalk', { header: 'x-acs-dingtalk-access-token', path: '/v1.0/robot/oToMessages/batchSend' }],
  ['DingTalk, by the query', { query: true, path: '/topapi/v2/user/get' }],
  ['Feishu, by the query', { query: true, path: '/open-apis/im/v1/messages' }],
])('a surrogate of a WeChat account is refused in a call of %s', async (_, { path, ...where }) => {
  const headers = {
    ...('authorization' in where && { authorization: `Bearer ${surrogate}` }),
    ...('header' in where && { [where.header]: surrogate }),
  }
  const response = await fetch(`${world.url}${path}${'query' in where ? `?access_token=${surrogate}` : ''}`, {
    headers,
  })
  expect(response.ok && (await response.clone().json())).not.toMatchObject({ errcode: 0 })
  expect(await response.text()).toContain('another platform')
  expect(world.api.calls).toEqual([])
})

test('two credentials in one call are refused, and so is one that stands in two places', async () => {
  const other = await world.surrogate(world.key())
  const refused = [
    await call(info(surrogate), { headers: { authorization: `Bearer ${key}` } }),
    await call(`${info(surrogate)}&access_token=${other}`),
    await call(`${info(surrogate)}&redirect=${encodeURIComponent(`https://example.com/?t=${surrogate}`)}`),
    await call(info(surrogate), { headers: { referer: `https://example.com/?t=${surrogate}` } }),
  ]
  expect(refused.map(({ errcode }) => errcode)).toEqual([40013, 40013, 40013, 40013])
  expect(world.api.calls).toEqual([])
})

test.each([
  'http://evil.example/cgi-bin/user/info',
  '//evil.example/cgi-bin/user/info',
  '/cgi-bin/../../evil',
  '/cgi-bin/%2e%2e/evil',
  '/cgi-bin/..%2fevil',
  '/cgi-bin/a%5c..%5cevil',
  '/cgi-bin/user/..;/evil',
  '/cgi-bin/user/..;x=1/evil',
  '/cgi-bin/user/.;/evil',
  '/cgi-bin/user/..%3b/evil',
  '/cgi-bin/user/..%253B/evil',
  '/cgi-bin/%252e%252e/evil',
  '/cgi-bin/user%25252fevil',
  '/cgi-bin\\evil',
  '/cgi-bin/user%00info',
  '/@evil.example/cgi-bin/user/info',
  '/cgi-bin/user/info#@evil.example',
])("the target %s reaches no host but the account's, and no other path", async (target) => {
  const response = await sendRaw(world.url, requestText('GET', `${target}?access_token=${surrogate}`))
  const sent = world.api.calls.map(({ url }) => url.split('?')[0])
  // Several slashes are one, and an @ is an ordinary character of a path.
  const plain = target.startsWith('//') ? target.slice(1) : target.startsWith('/@') ? target : undefined
  expect(plain === undefined ? [response.status, sent] : sent).toEqual(plain === undefined ? [400, []] : [plain])
})

test.each([
  ['two lengths', ['content-length: 4', 'content-length: 5']],
  ['a length and chunks', ['content-length: 4', 'transfer-encoding: chunked']],
  ['an unknown coding', ['transfer-encoding: xchunked']],
  ['another coding than chunks', ['transfer-encoding: gzip, chunked']],
  ['a coding named twice', ['transfer-encoding: chunked', 'transfer-encoding: chunked']],
  ['a space before the colon', ['content-length : 4']],
  ['a bare line feed', ['x: 1\ntransfer-encoding: chunked']],
])('a request with %s is refused as a whole', async (_, lines) => {
  const inner = `GET ${info(surrogate)} HTTP/1.1\r\nhost: localhost\r\n\r\n`
  const head = [`POST ${info(surrogate)} HTTP/1.1`, 'host: localhost', ...lines]
  await sendRaw(world.url, `${head.join('\r\n')}\r\n\r\n0\r\n\r\n${inner}`)
  expect(world.api.calls).toEqual([])
})

test('chunks of HTTP/1.0 are refused, because a proxy in front may see another end of the body', async () => {
  const head = `POST ${info(surrogate)} HTTP/1.0\r\nhost: localhost\r\ntransfer-encoding: chunked`
  expect(await sendRaw(world.url, `${head}\r\n\r\n0\r\n\r\n`)).toMatchObject({ body: { errcode: 40013 } })
  expect(world.api.calls).toEqual([])
})

test.each(['x-original-url', 'x-rewrite-url', 'x-forwarded-uri'])(
  'the header %s, which some servers take for the path, is not sent on',
  async (name) => {
    await call(info(surrogate), { headers: { [name]: '/cgi-bin/clear_quota', 'x-kept': '1' } })
    expect(world.api.calls[0]?.headers).toMatchObject({ 'x-kept': '1' })
    expect(world.api.calls[0]?.headers).not.toHaveProperty(name)
  },
)

describe('a key with paths', () => {
  let limited: string
  beforeEach(() => {
    limited = world.key({ accounts: ['shop'], role: 'admin', paths: ['/cgi-bin/message', '/cgi-bin/user/info'] })
  })

  test('calls these paths and those below them', async () => {
    const token = await world.surrogate(limited)
    for (const path of ['/cgi-bin/message/send', '/cgi-bin/message', '/cgi-bin/user/info'])
      expect(await call(`${path}?access_token=${token}`)).toEqual({})
    expect(world.api.calls).toHaveLength(3)
  })

  test.each([
    '/cgi-bin/messages',
    '/cgi-bin/user',
    '/cgi-bin/MESSAGE/send',
    '/cgi-bin/%6dessage/send',
    '/sns/jscode2session',
    '/cgi-bin/ticket/getticket',
  ])('does not call %s', async (path) => {
    const token = await world.surrogate(limited)
    const query = path.startsWith('/sns') ? `appid=${shop.appId}&secret=${limited}&js_code=c` : `access_token=${token}`
    expect(await call(`${path}?${query}`)).toMatchObject({ errcode: 48001 })
    expect(world.api.calls).toEqual([])
  })

  test('receives no real token', async () => {
    const headers = { authorization: `Bearer ${limited}`, 'content-type': 'application/json' }
    const statuses = [
      (await fetch(`${world.url}/v1/accounts/shop/token`, { headers })).status,
      (await fetch(`${world.url}/v1/accounts/shop/token?min_life=1`, { headers })).status,
      (await fetch(`${world.url}/v1/accounts/shop/rejections`, { method: 'POST', headers, body: '{"generation":1}' }))
        .status,
      (await fetch(`${world.url}/v1/accounts/shop/refreshes`, { method: 'POST', headers, body: '{}' })).status,
    ]
    expect(statuses).toEqual([403, 403, 403, 403])
    const plain = await world.startAnother({ forward: false })
    const facade = await fetch(
      `${plain.url}/cgi-bin/token?grant_type=client_credential&appid=${shop.appId}&secret=${limited}`,
    )
    expect(await facade.json()).toMatchObject({ errcode: 48001 })
  })
})

test('tickets count against the rate limit of the key', async () => {
  const token = await world.surrogate(world.key({ rateLimit: 1 }))
  const ticket = `/cgi-bin/ticket/getticket?type=jsapi&access_token=${token}`
  const codes = [await call(ticket), await call(ticket)].map(({ errcode }) => errcode)
  expect(codes).toEqual([undefined, 45011])
})

test('calls beyond the rate limit of the key are refused', async () => {
  const token = await world.surrogate(world.key({ rateLimit: 1 }))
  const bodies = await Promise.all([call(info(token)), call(info(token)), call(info(token))])
  expect(bodies.filter(({ errcode }) => errcode === 45011)).toHaveLength(2)
})

test('a server without the forwarder sends nothing on and hands out real tokens', async () => {
  const plain = await world.startAnother({ forward: false })
  const token = await fetch(
    `${plain.url}/cgi-bin/token?grant_type=client_credential&appid=${shop.appId}&secret=${key}`,
  ).then(async (response) => (await response.json()) as { readonly access_token: string })
  expect(world.realTokens()).toContain(token.access_token)
  const response = await fetch(plain.url + info(surrogate))
  expect(await response.json()).toMatchObject({ errcode: 48001 })
  expect(world.api.calls).toEqual([])
})

test('surrogates, keys and real tokens appear in no log line', async () => {
  world.api.respond = (_call, response) => {
    json(response, { errcode: 40001, errmsg: 'invalid credential' })
  }
  await call(info(surrogate))
  await call(info(`${surrogate}x`))
  await call(info(key))
  await sendRaw(world.url, requestText('GET', `/cgi-bin/%zz?access_token=${surrogate}`))
  const planted = [surrogate, surrogate.slice(-43), key, ...world.realTokens()]
  expect(planted.filter((text) => world.logged().includes(text))).toEqual([])
})
