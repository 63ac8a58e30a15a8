import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request, type IncomingMessage, type ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { alive, dead, openForwardWorld, type ForwardWorld } from './forward-world.js'
import { until } from '../api/server-world.js'
import { requestText, sendRaw } from '../bad-input/raw-http.js'

const largestReplayBytes = 64 * 1024

let world: ForwardWorld
let surrogate: string
beforeEach(async () => {
  world = await openForwardWorld({ forward: { largestReplayBytes } })
  surrogate = await world.surrogate(world.key())
})
afterEach(() => world.close())

const path = (): string => `/cgi-bin/media/upload?access_token=${surrogate}`

describe('the request', () => {
  test('headers of the connection, of this server and of proxies in front of it are not sent on', async () => {
    const headers = {
      ...{
        connection: 'close, x-hop',
        'x-hop': '1',
        'keep-alive': 'timeout=5',
        te: 'trailers',
        expect: '100-continue',
      },
      ...{ 'proxy-authorization': 'Basic eA==', cookie: 'lingpai_session=x', forwarded: 'for=10.0.0.9' },
      ...{ 'x-forwarded-for': '10.0.0.9', 'x-real-ip': '10.0.0.9', 'x-custom': 'kept', 'user-agent': 'sdk/1' },
    }
    await sendRaw(world.url, requestText('GET', path(), { headers }))
    const [call] = world.api.calls
    const { via, ...sent } = call?.headers ?? {}
    expect(sent).toEqual({
      host: new URL(world.api.url).host,
      connection: 'keep-alive',
      'x-custom': 'kept',
      'user-agent': 'sdk/1',
    })
    expect(via).toMatch(/^1\.1 lingpai-[0-9a-f]{8}$/)
  })

  test('a body within the bound is sent again after the token was replaced, byte for byte', async () => {
    const body = randomBytes(largestReplayBytes)
    world.revokeTokens()
    const response = await fetch(world.url + path(), { method: 'POST', body })
    expect(await response.json()).toEqual(alive)
    const uploads = world.api.calls.filter(({ method }) => method === 'POST')
    expect(uploads.map(({ bytes, headers }) => [bytes, headers['content-length']])).toEqual(
      Array.from({ length: 2 }, () => [body.length, String(body.length)]),
    )
  })

  test.each([
    ['with a length', false],
    ['in chunks', true],
  ])('a body above the bound %s is sent once; the token is replaced for the next call', async (_, isChunked) => {
    world.revokeTokens()
    const bytes = randomBytes(largestReplayBytes + 1)
    const body = isChunked ? new Blob([bytes]).stream() : bytes
    const send = async (): Promise<unknown> =>
      (await fetch(world.url + path(), { method: 'POST', body, duplex: 'half' })).json()
    expect(await send()).toEqual(dead)
    expect(world.api.calls.filter(({ method }) => method === 'POST').map((call) => call.bytes)).toEqual([bytes.length])
    const next = await fetch(`${world.url}/cgi-bin/user/info?access_token=${surrogate}`)
    expect(await next.json()).toEqual(alive)
  })

  test('an upload reaches the API while it arrives', async () => {
    let seen = 0
    world.api.respondEarly = (incoming) => {
      incoming.on('data', (chunk: Buffer) => (seen += chunk.length))
      return false
    }
    const upload = request(world.url + path(), { method: 'POST' })
    const half = randomBytes(largestReplayBytes * 2)
    upload.write(half)
    await until(() => seen === half.length)
    upload.end(half)
    const [response] = (await once(upload, 'response')) as [NodeJS.ReadableStream]
    response.resume()
    expect(world.api.calls.map(({ bytes }) => bytes)).toEqual([half.length * 2])
  })

  test('a call is not repeated when the API does not respond in time', async () => {
    const another = await world.startAnother({ forward: { timeoutMs: 300 } })
    let requests = 0
    world.api.respondEarly = () => {
      requests += 1
      return true
    }
    const response = await fetch(`${another.url}/cgi-bin/user/info?access_token=${surrogate}`)
    expect([response.status, await response.json(), requests]).toEqual([
      504,
      expect.objectContaining({ errcode: -1, errmsg: expect.stringContaining('was not repeated') }),
      1,
    ])
  })

  test('a call is not repeated when the API breaks the connection', async () => {
    let requests = 0
    world.api.respondEarly = (incoming) => {
      requests += 1
      incoming.socket.destroy()
      return true
    }
    const response = await fetch(`${world.url}/cgi-bin/user/info?access_token=${surrogate}`)
    expect([response.status, requests]).toEqual([502, 1])
  })

  test('HTTP 503 of the platform reaches the client, and the call is not repeated', async () => {
    world.api.respond = (_call, response) => {
      response.writeHead(503, { 'retry-after': '1' }).end('busy')
    }
    const response = await fetch(`${world.url}/cgi-bin/user/info?access_token=${surrogate}`)
    expect([response.status, await response.text(), world.api.calls.length]).toEqual([503, 'busy', 1])
  })

  test('the call ends at the platform when its client is gone', async () => {
    let isClosed = false
    world.api.respondEarly = (incoming) => {
      incoming.socket.once('close', () => (isClosed = true))
      client.destroy()
      return true
    }
    const client = request(`${world.url}/cgi-bin/user/info?access_token=${surrogate}`)
    client.on('error', () => undefined)
    client.end()
    await until(() => isClosed)
    const metrics = await fetch(`${world.url}/healthz`)
    expect(metrics.status).toBe(200)
  })

  test('a call that has come from this server is refused', async () => {
    await fetch(`${world.url}/cgi-bin/user/info?access_token=${surrogate}`)
    const { via = '' } = world.api.calls[0]?.headers ?? {}
    const response = await fetch(`${world.url}/cgi-bin/user/info?access_token=${surrogate}`, { headers: { via } })
    expect([response.status, world.api.calls.length]).toEqual([508, 1])
  })

  test('a call that has come back to this server with the real token is refused as a loop', async () => {
    await fetch(`${world.url}/cgi-bin/user/info?access_token=${surrogate}`)
    const { via = '' } = world.api.calls[0]?.headers ?? {}
    const [real = ''] = world.realTokens()
    const response = await fetch(`${world.url}/cgi-bin/user/info?access_token=${real}`, { headers: { via } })
    expect([response.status, await response.json()]).toEqual([
      508,
      expect.objectContaining({ errmsg: expect.stringContaining('its own upstream') }),
    ])
  })

  test('an offer of HTTP/2, as the client of Java sends it, is ignored', async () => {
    const headers = {
      connection: 'Upgrade, HTTP2-Settings',
      upgrade: 'h2c',
      'http2-settings': 'AAMAAABkAARAAAAAAAIAAAAA',
    }
    const response = await sendRaw(world.url, requestText('GET', path(), { headers }))
    expect([response.status, world.api.calls.length]).toEqual([200, 1])
  })

  test.each(['', 'x', 'multipart/form-data; boundary=a b', undefined])(
    'a body of the content type %j reaches the API as it is',
    async (type) => {
      const headers = type === undefined ? {} : { 'content-type': type }
      await sendRaw(world.url, requestText('POST', path(), { headers, body: 'abc' }))
      expect(world.api.calls.map(({ text, headers: sent }) => [text, sent['content-type']])).toEqual([['abc', type]])
    },
  )

  test('a WebSocket is refused with the reason', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }
    const response = await sendRaw(world.url, requestText('GET', `/cgi-bin/ws?access_token=${surrogate}`, { headers }))
    expect([response.status, response.body['errmsg']]).toEqual([501, expect.stringContaining('WebSocket')])
    expect(world.api.calls).toEqual([])
  })
})

describe('the response', () => {
  test('status, headers and bytes arrive as the platform sent them', async () => {
    const body = gzipSync('{"errcode":0,"data":"ü"}')
    world.api.respond = (_call, response) => {
      response
        .writeHead(418, {
          ...{
            'content-type': 'text/plain',
            'content-encoding': 'gzip',
            'x-tt-logid': 'log-1',
            'cache-control': 'max-age=5',
          },
          ...{ connection: 'x-hop', 'x-hop': '1', 'content-length': body.length },
        })
        .end(body)
    }
    const response = await sendRaw(
      world.url,
      requestText('GET', `/cgi-bin/user/info?access_token=${surrogate}`, {
        headers: { 'accept-encoding': 'gzip, br' },
      }),
    )
    const [status, ...headers] = response.text.slice(0, response.text.indexOf('\r\n\r\n')).split('\r\n')
    expect(status).toMatch(/^HTTP\/1\.1 418 /)
    expect(headers.filter((line) => !/^(date|keep-alive|connection):/i.test(line)).sort()).toEqual([
      'cache-control: max-age=5',
      'content-encoding: gzip',
      `content-length: ${body.length}`,
      'content-type: text/plain',
      'x-tt-logid: log-1',
    ])
    expect(world.api.calls[0]?.headers['accept-encoding']).toBe('gzip')
  })

  test('a token error in a compressed response is healed', async () => {
    world.revokeTokens((response, body) => {
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
      response.writeHead(200, headers).end(gzipSync(JSON.stringify(body)))
    })
    const response = await fetch(`${world.url}/cgi-bin/user/info?access_token=${surrogate}`)
    expect(await response.json()).toEqual(alive)
  })

  test('a download of many megabytes arrives whole', async () => {
    const part = randomBytes(1024 * 1024)
    world.api.respond = (_call, response) => {
      response.writeHead(200, { 'content-type': 'image/jpeg' })
      for (let parts = 0; parts < 8; parts += 1) response.write(part)
      response.end()
    }
    const response = await fetch(`${world.url}/cgi-bin/media/get?access_token=${surrogate}`)
    const hash = createHash('sha256')
    for (let parts = 0; parts < 8; parts += 1) hash.update(part)
    const got = createHash('sha256').update(Buffer.from(await response.arrayBuffer()))
    expect([response.headers.get('content-type'), got.digest('hex')]).toEqual(['image/jpeg', hash.digest('hex')])
  })

  test('a response whose body takes longer than the limit for its head arrives whole', async () => {
    const timeoutMs = 300
    const another = await world.startAnother({ forward: { timeoutMs } })
    let response: ServerResponse | undefined
    world.api.respond = (_call, sent) => {
      response = sent.writeHead(200, { 'content-type': 'application/json' })
      response.flushHeaders()
    }
    const called = fetch(`${another.url}/cgi-bin/user/info?access_token=${surrogate}`)
    await until(() => response !== undefined)
    const startMs = performance.now()
    await until(() => {
      response?.write(' ')
      return performance.now() - startMs > 3 * timeoutMs
    })
    response?.end('{}')
    expect((await (await called).text()).trim()).toBe('{}')
  })

  test('a download waits for a client that does not read it', async () => {
    const part = Buffer.alloc(1024 * 1024)
    const wholeBytes = 64 * part.length
    let written = 0
    world.api.respond = (_call, response) => {
      response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': wholeBytes })
      const write = (): void => {
        while (written < wholeBytes) {
          written += part.length
          if (!response.write(part)) return
        }
        response.end()
      }
      response.on('drain', write)
      write()
    }
    const called = request(`${world.url}/cgi-bin/media/get?access_token=${surrogate}`)
    called.end()
    const [response] = (await once(called, 'response')) as [IncomingMessage]
    // Nothing more is written while the server answers many other requests.
    for (let before = -1; before !== written;) {
      before = written
      for (let requests = 0; requests < 50; requests += 1) await (await fetch(`${world.url}/healthz`)).text()
    }
    expect(written).toBeLessThan(wholeBytes / 2)
    let read = 0
    for await (const chunk of response as AsyncIterable<Buffer>) read += chunk.length
    expect(read).toBe(wholeBytes)
  })

  test('a long response that breaks off breaks off for the client, too', async () => {
    world.api.respond = (_call, response) => {
      response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': 1e6 })
      response.write(Buffer.alloc(10), () => response.destroy())
    }
    const response = await fetch(`${world.url}/cgi-bin/media/get?access_token=${surrogate}`)
    await expect(response.arrayBuffer()).rejects.toThrow()
  })

  test('HEAD has the length of the body and no body', async () => {
    world.api.respond = (_call, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 7 }).end()
    }
    const response = await fetch(`${world.url}/cgi-bin/media/get?access_token=${surrogate}`, { method: 'HEAD' })
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '7', ''])
  })
})
