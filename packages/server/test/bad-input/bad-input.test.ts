import { once } from 'node:events'
import { openFacadeWorld, secrets, type FacadeWorld } from '../facades/facade-world.js'
import { rawConnection, requestText, sendRaw, type RawResponse } from './raw-http.js'

let world: FacadeWorld
let key: string
let token: string
beforeAll(async () => {
  world = await openFacadeWorld()
  key = world.key(['shop'], { role: 'admin' })
  const response = await fetch(`${world.url}/v1/accounts/shop/token`, { headers: { authorization: `Bearer ${key}` } })
  token = ((await response.json()) as { readonly access_token: string }).access_token
})
afterAll(() => world.close())

// After each test the server still serves the same token, and has revealed nothing.
afterEach(async () => {
  const response = await fetch(`${world.url}/v1/accounts/shop/token`, { headers: { authorization: `Bearer ${key}` } })
  expect(await response.json()).toMatchObject({ access_token: token })
  for (const secret of [key, token, ...Object.values(secrets)]) expect(world.logged()).not.toContain(secret)
})

const asKey = (headers: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
  authorization: `Bearer ${key}`,
  ...headers,
})
const json = (headers: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> =>
  asKey({ 'content-type': 'application/json', ...headers })
const send = (method: string, target: string, parts?: Parameters<typeof requestText>[2]): Promise<RawResponse> =>
  sendRaw(world.url, requestText(method, target, { headers: asKey(), ...parts }))

const rejections = '/v1/accounts/shop/rejections'

/** Expects an error in the native format, without internals of the server. */
function expectError(response: RawResponse, status: number | readonly number[]): void {
  expect([status].flat()).toContain(response.status)
  expect(response.body).toEqual({
    error: expect.objectContaining({
      code: expect.stringMatching(/^ERR_/) as string,
      message: expect.any(String) as string,
    }) as object,
  })
  expect(response.text).not.toMatch(/node_modules|\.ts:|\.js:|stack/i)
}

describe('bodies', () => {
  test('a body that is too large is rejected by its content-length, before it is sent', async () => {
    const connection = rawConnection(world.url)
    connection.send(requestText('POST', rejections, { headers: json({ 'content-length': '1000000000' }) }))
    expectError(await connection.response(), 413)
  })

  test('a body without content-length is cut off when it becomes too large', async () => {
    const connection = rawConnection(world.url)
    connection.send(requestText('POST', rejections, { headers: json({ 'transfer-encoding': 'chunked' }) }))
    for (let i = 0; i < 40; i += 1) connection.send(`400\r\n${'x'.repeat(1024)}\r\n`)
    expectError(await connection.response(), 413)
  })

  test('slow headers and bodies end with 408 and a closed connection', async () => {
    const { server } = world.app
    expect(server.requestTimeout).toBeLessThanOrEqual(10_000)
    expect(server.headersTimeout).toBeLessThanOrEqual(10_000)
    const { requestTimeout, headersTimeout } = server
    Object.assign(server, { requestTimeout: 200, headersTimeout: 100 })
    const slow = [
      `${requestText('POST', rejections, { headers: json({ 'content-length': '100' }) })}{"gen`,
      'GET /v1/accounts HTTP/1.1\r\nhost: localhost\r\nx-slow: ',
    ]
    const responses = await Promise.all(slow.map((text) => sendRaw(world.url, text)))
    Object.assign(server, { requestTimeout, headersTimeout })
    expect(responses.map(({ status }) => status)).toEqual([408, 408])
    for (const { text } of responses) expect(text).toMatch(/^connection: close/im)
  })

  test.each([
    ['no JSON', '{"generation":'],
    ['an array', '[1]'],
    ['a number', '1'],
    ['null', 'null'],
    ['a text', '"generation"'],
    ['unknown fields', '{"generation":1,"admin":true}'],
    ['a number instead of a text', '{"access_token":1}'],
    ['a fraction', '{"generation":1.5}'],
    ['a negative count', '{"generation":-1}'],
    ['a count beyond all numbers', '{"generation":1e400}'],
    ['both kinds of naming', '{"generation":1,"access_token":"x"}'],
    ['neither', '{}'],
    ['an empty token', '{"access_token":""}'],
    ['a prototype', '{"generation":1,"__proto__":{"isAdmin":true}}'],
    ['a constructor', '{"generation":1,"constructor":{"prototype":{"isAdmin":true}}}'],
    ['deep nesting', `{"generation":${'['.repeat(5000)}${']'.repeat(5000)}}`],
    ['a zero byte', '{"access_token":"\u0000","generation":1}'],
  ])('a body with %s gives 400', async (_, body) => {
    expectError(await send('POST', rejections, { headers: json(), body }), 400)
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined()
  })

  test('a note with a client key or a surrogate is rejected, because the timeline and the log would show it', async () => {
    const surrogate = `lpt_${'a'.repeat(10)}.c2hvcA.mh4x2k00.${'s'.repeat(43)}`
    for (const credential of [key, surrogate]) {
      const body = JSON.stringify({ note: `revoked ${credential} today` })
      const response = await send('POST', '/v1/accounts/shop/refreshes', { headers: json(), body })
      expectError(response, 400)
      expect(response.body['error']).toMatchObject({
        message: 'body/note must not contain a client key or a surrogate',
      })
      expect(response.text).not.toContain(credential)
    }
  })

  test("a note with the account's token, or with a part of it, is rejected too", async () => {
    for (const text of [token, token.slice(3, -3), encodeURIComponent(token)]) {
      const body = JSON.stringify({ note: `rejected: ${text}` })
      const response = await send('POST', '/v1/accounts/shop/refreshes', { headers: json(), body })
      expectError(response, 400)
      expect(response.text).not.toContain(text)
    }
  })

  test('a body with another content-type gives 415', async () => {
    const body = 'generation=1'
    expectError(await send('POST', rejections, { headers: asKey({ 'content-type': 'text/xml' }), body }), 415)
    expectError(
      await send('POST', rejections, { headers: asKey({ 'content-type': 'multipart/form-data; boundary=x' }), body }),
      415,
    )
  })

  test('the facades reject malformed bodies in the format of the platform', async () => {
    const body = `{"grant_type":"client_credential","appid":"${'x'.repeat(20_000)}"}`
    const response = await send('POST', '/cgi-bin/stable_token', { headers: json(), body })
    expect(response.status).toBe(200)
    expect(response.body).toEqual({ errcode: 40013, errmsg: expect.any(String) as string })
    const proto = '{"__proto__":{"grant_type":"client_credential","appid":"a","secret":"b"}}'
    const other = await send('POST', '/cgi-bin/stable_token', { headers: json(), body: proto })
    expect(other.body).toMatchObject({ errcode: 40002 })
  })
})

describe('headers', () => {
  test('more than 16 KiB of headers give 431', async () => {
    expect((await send('GET', '/v1/accounts', { headers: asKey({ 'x-flood': 'a'.repeat(20_000) }) })).status).toBe(431)
    const flood = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`x-${i}`, 'a']))
    expect((await send('GET', '/v1/accounts', { headers: asKey(flood) })).status).toBe(431)
  })

  test.each([
    ['two lengths', 'content-length: 2\r\ncontent-length: 3'],
    ['a length and chunks', 'content-length: 2\r\ntransfer-encoding: chunked'],
    ['a length that is none', 'content-length: -1'],
    ['a line break in a value', 'x-a: b\rx-c: d'],
    ['a name with a space', 'x a: b'],
  ])('a request with %s gives 400 and a closed connection', async (_, lines) => {
    const head = `POST ${rejections} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${key}\r\n${lines}\r\n\r\n{}`
    const response = await sendRaw(world.url, head)
    expect(response.status).toBe(400)
    expect(response.text).toMatch(/^connection: close/im)
  })

  test.each([
    ['none', undefined],
    ['an empty one', ''],
    ['another scheme', 'Basic bHBrOmxwaw=='],
    ['no key', 'Bearer '],
    ['half a key', 'Bearer lpk_0000000000'],
    ['an unknown key', `Bearer lpk_0000000000_${'A'.repeat(43)}`],
    ['a long one', `Bearer ${'a'.repeat(8000)}`],
    ['one of other letters', 'Bearer \u00ff\u00fe'],
    ['__proto__', 'Bearer lpk___proto___x'],
  ])('an authorization header that is %s is rejected', async (_, authorization) => {
    const headers = authorization === undefined ? {} : { authorization }
    expectError(await send('GET', '/v1/accounts', { headers }), [401, 429])
  })
})

describe('methods and paths', () => {
  const paths = [
    '/v1/accounts',
    '/v1/accounts/shop',
    '/v1/accounts/shop/token',
    rejections,
    '/session',
    '/healthz',
    '/',
  ]

  test.each(['PUT', 'PATCH', 'OPTIONS', 'TRACE', 'DELETE', 'PROPFIND', 'LOCK'])(
    'the method %s changes nothing on any path',
    async (method) => {
      for (const path of paths) {
        const { status } = await send(method, path)
        // DELETE is only for signing out.
        const isSignOut = method === 'DELETE' && path === '/session'
        expect(isSignOut ? 404 : status).toBeGreaterThanOrEqual(400)
        expect(status).toBeLessThan(500)
      }
    },
  )

  test.each(['CONNECT localhost:1', 'FOO /', '\u0000\u0001\u0002', 'GET', 'GET / HTTP/9.9', 'SSH-2.0-x'])(
    'invalid HTTP (%j) ends the connection',
    async (line) => {
      const { status, text } = await sendRaw(world.url, `${line}\r\n\r\n`)
      expect([0, 400, 404, 405, 505]).toContain(status)
      expect(text).not.toContain('at ')
    },
  )

  test.each([
    '/../../etc/passwd',
    '/..%2f..%2fetc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/assets/../../package.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/assets/..%5c..%5cpackage.json',
    '/assets/.%00./package.json',
    '/assets//etc/passwd',
    '/assets/%252e%252e/package.json',
    '//etc/passwd',
    '/v1/accounts/..',
    '/v1/accounts/../shop/../../etc',
    '/v1/accounts/shop%2ftoken',
    '/v1/accounts/shop%00',
    '/v1/accounts/%73%68%6f%70%20',
    '/v1/accounts/ shop',
    '/v1/accounts/%E0%A4%A',
    '/v1/accounts/%',
    '/v1/accounts/%FF%FE',
    `/v1/accounts/${'a'.repeat(10_000)}`,
    '/v1/accounts/__proto__',
    '/v1/accounts/constructor/token',
    '/v1/accounts/toString/changes?generation=1',
    '/V1/ACCOUNTS/shop',
    '/v1//accounts/shop',
    '/cgi-bin/../v1/accounts/../../../etc/passwd',
    'http://example.com/v1/accounts/nope',
    '/v1/accounts/shop/token?min_life=1e9',
    '/v1/accounts/shop/token?min_life=-1',
    '/v1/accounts/shop/token?min_life=1&min_life=2',
    '/v1/accounts/shop/changes?generation=x',
    '/v1/accounts/shop/changes?generation=1&wait=61',
  ])('the path %s gives an error without content', async (path) => {
    const { status, text } = await send('GET', path)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
    expect(text).not.toMatch(/root:|"dependencies"|access_token"/)
  })

  test('a malformed path ends the connection, because the rest of the request may never arrive', async () => {
    const connection = rawConnection(world.url)
    connection.send(requestText('POST', '/%zz', { headers: { 'content-length': '100' }, body: 'abc' }))
    await once(connection.socket, 'close')
    const { text } = await connection.response()
    expect(text).toMatch(/^connection: close/im)
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1)
  })

  test('invalid HTTP during a response ends the connection, and adds nothing to that response', async () => {
    const connection = rawConnection(world.url)
    connection.send(requestText('GET', '/v1/events', { headers: asKey() }))
    await once(connection.socket, 'data')
    connection.send('invalid\r\n\r\n')
    const { text, isClosed } = await connection.response()
    expect(isClosed).toBe(true)
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1)
  })
})

describe('accounts of others', () => {
  const routes: readonly (readonly [method: string, rest: string, body: string])[] = [
    ['GET', '', ''],
    ['GET', '/token', ''],
    ['GET', '/token?min_life=nonsense', ''],
    ['GET', '/timeline', ''],
    ['GET', '/changes?generation=0&wait=0', ''],
    ['POST', '/rejections', '{"generation":1}'],
    ['POST', '/rejections', '{"generation":"nonsense"}'],
    ['POST', '/refreshes', '{}'],
  ]

  test.each(routes)(
    '%s /v1/accounts/…%s: an existing and an unknown account of other keys get the same response',
    async (method, rest, body) => {
      const headers = body === '' ? asKey() : json()
      const [others, none] = await Promise.all([
        send(method, `/v1/accounts/bot${rest}`, { headers, body }),
        send(method, `/v1/accounts/nope${rest}`, { headers, body }),
      ])
      expect(others.body).toEqual(none.body)
      expect(others.status).toBe(none.status)
      expectError(others, [400, 404])
      expect(world.simulator.ledger.tokenRequests('qq')).toBe(0)
    },
  )

  test('lists contain only the accounts of the key', async () => {
    const { body } = await send('GET', '/v1/accounts')
    expect((body['accounts'] as readonly { readonly name: string }[]).map(({ name }) => name)).toEqual(['shop'])
  })
})

test('wrong keys are limited by address, and a valid key from there still passes', async () => {
  const statuses = []
  for (let i = 0; i < 40; i += 1) {
    const wrong = `Bearer lpk_${String(i).padStart(10, '0')}_${'A'.repeat(43)}`
    statuses.push((await send('GET', '/v1/accounts', { headers: { authorization: wrong } })).status)
  }
  expect(statuses.at(-1)).toBe(429)
  expect((await send('GET', '/v1/accounts')).status).toBe(200)
})
