import { createServer, type RequestListener, type Server } from 'node:http'
import { defineProvider, TokenManager, type Provider, type TokenSource } from '@lingpai/core'
import { memoryCache } from '@lingpai/cache-memory'
import { listen, stop, toy, toyAccount, type ToyCredentials } from './scripted-platform.js'

interface Arrival {
  readonly server: string
  readonly method: string | undefined
  readonly url: string | undefined
  readonly token: string | undefined
  readonly body: string
}

const header = 'x-toy-token'
const arrivals: Arrival[] = []
const servers: Server[] = []
const managers: TokenManager[] = []
let home: string
let sibling: string
let foreign: string
/** Responds to each API request; `undefined` is a plain success. */
let script: RequestListener | undefined

beforeEach(async () => {
  script = undefined
  ;[home, sibling, foreign] = (await Promise.all(['home', 'sibling', 'foreign'].map(serve))) as [string, string, string]
})
afterEach(async () => {
  arrivals.length = 0
  await Promise.all(managers.splice(0).map((manager) => manager.close()))
  await Promise.all(servers.splice(0).map(stop))
})

function serve(name: string): Promise<string> {
  const server = createServer((request, response) => {
    const { method, url = '', headers } = request
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      if (url.startsWith('/token'))
        return void response.end(JSON.stringify({ access_token: 'toy-token', expires_in: 7200 }))
      arrivals.push({ server: name, method, url, token: headers[header] as string | undefined, body })
      if (script !== undefined && !url.startsWith('/arrived')) script(request, response)
      else response.end('{}')
    })
  })
  servers.push(server)
  return listen(server)
}

const redirect =
  (location: string, status = 302): RequestListener =>
  (_, response) => {
    response.writeHead(status, { location }).end()
  }

function source(provider: Provider<ToyCredentials>): TokenSource {
  const manager = new TokenManager({ cache: memoryCache() })
  managers.push(manager)
  return manager.source(provider, toyAccount)
}

/** The toy platform with its token in a header that `fetch` itself would send to any origin. */
function headed(): TokenSource {
  const { baseUrl: _, ...spec } = toy.spec
  const provider = defineProvider<ToyCredentials>({ ...spec, baseUrl: home, placement: { in: 'header', name: header } })
  return source(provider.extend({ apiOrigins: [sibling] }))
}

test('a provider without a base only accepts its own origin: no other scheme, no other port', async () => {
  const { baseUrl: _, ...spec } = toy.spec
  const own = (origin: string): TokenSource =>
    source(defineProvider<ToyCredentials>({ ...spec, request: () => ({ method: 'GET', url: `${origin}/token` }) }))
  expect((await own(home).fetch(`${home}/arrived`)).status).toBe(200)
  const secure = own('https://toy.example.com')
  for (const url of ['http://toy.example.com/x', 'ws://toy.example.com/x', 'wss://toy.example.com/x'])
    await expect(secure.fetch(url)).rejects.toMatchObject({ code: 'ERR_LINGPAI_CONFIG', details: { field: 'input' } })
  for (const url of [
    'ftp://toy.example.com/x',
    'https://toy.example.com:8443/',
    'https://toy.example.com.evil.example/',
  ])
    await expect(secure.fetch(new URL(url))).rejects.toMatchObject({ code: 'ERR_LINGPAI_CONFIG' })
  await expect(secure.fetch('http://toy.example.com/x')).rejects.toThrow(/http:\/\/toy\.example\.com is not an origin/)
  await expect(secure.fetch('http://toy.example.com/x')).rejects.toMatchObject({
    hint: 'Call https://toy.example.com instead: the token is not sent unencrypted.',
  })
})

test('a provider with an encrypted base sends nothing unencrypted to the same host', async () => {
  for (const url of ['http://toy.example.com/x', 'ws://toy.example.com/x', 'ftp://toy.example.com/x'])
    await expect(source(toy).fetch(url)).rejects.toMatchObject({ code: 'ERR_LINGPAI_CONFIG' })
})

test('a redirect to another of the provider’s origins is followed with the token', async () => {
  script = redirect(`${sibling}/arrived?a=1`)
  expect((await headed().fetch('/start')).status).toBe(200)
  expect(arrivals).toMatchObject([
    { server: 'home', url: '/start', token: 'toy-token' },
    { server: 'sibling', url: '/arrived?a=1', token: 'toy-token' },
  ])
})

test.each([301, 302, 303, 307, 308])('a redirect %i to a foreign origin is the response', async (status) => {
  script = redirect(`${foreign}/arrived`, status)
  for (const platform of [headed(), source(toy.extend({ baseUrl: home }))]) {
    const response = await platform.fetch('/start', { method: 'POST', body: 'x' })
    expect(response.status).toBe(status)
    expect(response.headers.get('location')).toBe(`${foreign}/arrived`)
  }
  expect(arrivals.map(({ server }) => server)).toEqual(['home', 'home'])
})

test('a redirect from an encrypted origin to an unencrypted one is not followed, even if both are the provider’s', async () => {
  const asked: string[] = []
  const fetch = (input: string | URL | Request): Promise<Response> => {
    asked.push(String(input))
    const isToken = String(input).includes('/token')
    return Promise.resolve(
      isToken
        ? Response.json({ access_token: 'toy-token', expires_in: 7200 })
        : new Response(null, { status: 302, headers: { location: 'http://toy.example.com/arrived' } }),
    )
  }
  const manager = new TokenManager({ cache: memoryCache(), fetch })
  managers.push(manager)
  const both = toy.extend({ apiOrigins: ['http://toy.example.com'] })
  expect((await manager.source(both, toyAccount).fetch('/start')).status).toBe(302)
  expect(asked.filter((url) => url.startsWith('http:'))).toEqual([])
})

test.each([
  [303, 'PUT', 'GET', ''],
  [302, 'POST', 'GET', ''],
  [301, 'PUT', 'PUT', 'the body'],
  [307, 'POST', 'POST', 'the body'],
  [308, 'PATCH', 'PATCH', 'the body'],
])('after a %i a %s goes on as %s', async (status, method, next, body) => {
  script = redirect('/arrived', status)
  expect((await headed().fetch('/start', { method, body: 'the body' })).status).toBe(200)
  expect(arrivals[1]).toMatchObject({ server: 'home', method: next, url: '/arrived', body, token: 'toy-token' })
})

test('a stream is not sent twice by a redirect, and circular redirects end', async () => {
  script = redirect('/arrived', 307)
  const body = new Blob(['the body']).stream()
  expect((await headed().fetch('/start', { method: 'POST', body, duplex: 'half' })).status).toBe(307)
  expect(arrivals).toHaveLength(1)
  script = redirect('/circle')
  expect((await headed().fetch('/circle')).status).toBe(302)
  expect(arrivals).toHaveLength(1 + 21)
})

test('redirect modes manual and error of the caller are observed', async () => {
  script = redirect('/arrived')
  const own = headed()
  expect((await own.fetch('/start', { redirect: 'manual' })).status).toBe(302)
  expect((await own.fetch(new Request(`${home}/start`, { redirect: 'manual' }))).status).toBe(302)
  await expect(own.fetch('/start', { redirect: 'error' })).rejects.toThrow('fetch failed')
  expect(arrivals).toHaveLength(3)
})
