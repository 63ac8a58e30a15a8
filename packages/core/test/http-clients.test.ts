import { createRequire } from 'node:module'
import axios from 'axios'
import ky from 'ky'
import nodeFetch3, { Request as NodeFetchRequest } from 'node-fetch'
import createClient from 'openapi-fetch'
import type { TokenSource } from '@lingpai/core'
import { openWorld, type World } from './world.js'

const nodeFetch2 = createRequire(import.meta.url)('node-fetch-2') as typeof globalThis.fetch

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const path = '/cgi-bin/message/custom/send'
const message = { touser: 'user-1', msgtype: 'text', text: { content: '你好' } }
const sent = { errcode: 0, errmsg: 'ok' }

/** What openapi-typescript would generate for the one call. */
interface Paths {
  readonly '/cgi-bin/message/custom/send': {
    readonly post: {
      readonly requestBody: { readonly content: { readonly 'application/json': object } }
      readonly responses: { readonly 200: { readonly content: { readonly 'application/json': object } } }
    }
  }
}

/** One call of the WeChat API by each client, with its parsed result. */
const clients: Readonly<Record<string, (source: TokenSource, base: string) => Promise<unknown>>> = {
  'a plain Request': async (source, base) => {
    const request = new Request(base + path, { method: 'POST', body: JSON.stringify(message) })
    return (await source.fetch(request)).json()
  },
  'a Request made of a stream': async (source, base) => {
    const body = new Blob([JSON.stringify(message)]).stream()
    return (await source.fetch(new Request(base + path, { method: 'POST', body, duplex: 'half' }))).json()
  },
  'a Request of node-fetch': async (source, base) => {
    const request = new NodeFetchRequest(base + path, { method: 'POST', body: JSON.stringify(message) })
    return (await source.fetch(request as unknown as Request)).json()
  },
  ky: (source, base) =>
    ky
      .create({ fetch: (input, init) => source.fetch(input, init) })
      .post(base + path, { json: message })
      .json(),
  'openapi-fetch': async (source, base) => {
    const client = createClient<Paths>({ baseUrl: base, fetch: (request) => source.fetch(request) })
    return (await client.POST(path, { body: message })).data
  },
  'axios with its fetch adapter': async (source, base) => {
    const fetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> => source.fetch(input, init)
    const client = axios.create({ adapter: 'fetch', env: { fetch } })
    return (await client.post(base + path, message)).data as unknown
  },
}

/** Clients that call their fetch as a bare function, without `this`. */
const bare: typeof clients = {
  'ky with the bare fetch of a source': ({ fetch }, base) =>
    ky
      .create({ fetch })
      .post(base + path, { json: message })
      .json(),
  'openapi-fetch with the bare fetch of a source': async ({ fetch }, base) =>
    (await createClient<Paths>({ baseUrl: base, fetch }).POST(path, { body: message })).data,
  'axios with the bare fetch of a source': async ({ fetch }, base) =>
    (await axios.create({ adapter: 'fetch', env: { fetch } }).post(base + path, message)).data as unknown,
}

for (const [name, call] of Object.entries({ ...clients, ...bare })) {
  test(`${name} heals an expired token: the same body is sent once more, with its length`, async () => {
    const { simulator } = world
    const arrived: { readonly body: unknown; readonly length: string | null }[] = []
    const source = world.source(
      'wechat',
      world.manager({
        fetch: async (input, init) => {
          if (String(input).includes(path)) {
            const request = new Request(input, init)
            arrived.push({ body: await request.clone().json(), length: sizeOf(init?.body) })
          }
          return globalThis.fetch(input, init)
        },
      }),
    )
    await source.getAccessToken()
    simulator.revoke(simulator.accounts.wechat)
    expect(await call(source, `${simulator.url}/wechat`)).toMatchObject(sent)
    const known = { body: message, length: 'known' }
    expect(arrived).toEqual([known, known])
    expect(simulator.ledger.tokenRequests()).toBe(2)
  })
}

/** A stream has no length, so `fetch` sends it in chunks, which upload endpoints do not accept. */
function sizeOf(body: unknown): string {
  return typeof body === 'string' || body instanceof ArrayBuffer || ArrayBuffer.isView(body) ? 'known' : 'unknown'
}

test('a Request keeps its headers and method, and init overrides them', async () => {
  const seen: { readonly method: string | undefined; readonly headers: Record<string, string> }[] = []
  const source = world.source(
    'qq',
    world.manager({
      fetch: (input, init) => {
        if (String(input).includes('/users'))
          seen.push({ method: init?.method, headers: Object.fromEntries(new Headers(init?.headers)) })
        return globalThis.fetch(input, init)
      },
    }),
  )
  const request = new Request(`${world.simulator.url}/qq/users/@me`, {
    method: 'PUT',
    body: 'a',
    headers: { 'x-a': '1' },
  })
  await source.fetch(request.clone())
  await source.fetch(request, { method: 'PATCH', headers: { 'x-b': '2' }, body: 'b' })
  expect(seen).toMatchObject([
    { method: 'PUT', headers: { 'x-a': '1', 'content-type': 'text/plain;charset=UTF-8' } },
    { method: 'PATCH', headers: { 'x-b': '2' } },
  ])
  expect(seen[1]?.headers).not.toHaveProperty('x-a')
})

test('a Request with a consumed body is a ConfigError, and nothing is sent', async () => {
  const source = world.source('wechat')
  const request = new Request(`${world.simulator.url}/wechat${path}`, { method: 'POST', body: '{}' })
  await request.text()
  await expect(source.fetch(request)).rejects.toMatchObject({ code: 'ERR_LINGPAI_CONFIG', details: { field: 'input' } })
  expect(world.simulator.ledger.apiRequests()).toBe(0)
  expect(world.simulator.ledger.tokenRequests()).toBe(0)
})

const foreign = {
  'node-fetch 2': nodeFetch2,
  'node-fetch 3': nodeFetch3 as unknown as typeof globalThis.fetch,
  'a fetch without a body stream': withoutStream('arrayBuffer'),
  'a fetch with text() alone': withoutStream('text'),
} as const

function withoutStream(method: 'arrayBuffer' | 'text'): typeof globalThis.fetch {
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<object> => {
    const { status, statusText, headers, ...response } = await read(await globalThis.fetch(input, init))
    return { status, statusText, headers, [method]: () => Promise.resolve(response[method]) }
  }
  return fetch as unknown as typeof globalThis.fetch
}

async function read(response: Response) {
  const { status, statusText, headers } = response
  const arrayBuffer = await response.arrayBuffer()
  return { status, statusText, headers, arrayBuffer, text: new TextDecoder().decode(arrayBuffer) }
}

for (const [name, fetch] of Object.entries(foreign)) {
  test(`${name} as the fetch option fetches one token, heals an expired one, and shows a platform error`, async () => {
    const { simulator } = world
    const source = world.source('wechat', world.manager({ fetch }))
    const init = { method: 'POST', body: JSON.stringify(message) }
    expect(await (await source.fetch(path, init)).json()).toMatchObject(sent)
    expect(simulator.ledger.tokenRequests()).toBe(1)
    simulator.revoke(simulator.accounts.wechat)
    expect(await (await source.fetch(path, init)).json()).toMatchObject(sent)
    expect(await (await source.fetch(new Request(`${simulator.url}/wechat${path}`, init))).json()).toMatchObject(sent)
    expect(simulator.ledger.tokenRequests()).toBe(2)
    simulator.fault({ endpoint: 'token', body: { errcode: 40125, errmsg: 'invalid appsecret' } })
    await expect(source.refresh()).rejects.toMatchObject({ details: { platformCode: 40125 } })
  })

  test(`${name} returns a long response whole, and a token response is cut at 64 KiB`, async () => {
    const { simulator } = world
    const source = world.source('wechat', world.manager({ fetch }))
    const long = { items: 'x'.repeat(300_000) }
    simulator.fault({ endpoint: '/cgi-bin/long', body: long })
    expect(await (await source.fetch('/cgi-bin/long')).json()).toEqual(long)
    simulator.fault({ endpoint: 'token', body: long })
    await expect(source.refresh()).rejects.toMatchObject({ details: { problem: 'too-large' } })
  })
}

for (const [name, fetch] of Object.entries({ 'node-fetch 2': nodeFetch2, 'node-fetch 3': foreign['node-fetch 3'] })) {
  test(`withToken heals a response of ${name}, short or long`, async () => {
    const { simulator } = world
    const source = world.source('wechat')
    const call = (): Promise<Response> =>
      source.withToken((token) => fetch(`${simulator.url}/wechat/cgi-bin/getcallbackip?access_token=${token}`))
    await source.getAccessToken()
    simulator.revoke(simulator.accounts.wechat)
    expect(await (await call()).json()).toMatchObject({ ip_list: expect.anything() as unknown })
    const long = { items: 'x'.repeat(300_000) }
    simulator.fault({ endpoint: '/cgi-bin/getcallbackip', body: long })
    expect(await (await call()).json()).toEqual(long)
    expect(simulator.ledger.tokenRequests()).toBe(2)
  })
}

const unusable: Readonly<Record<string, (response: Response) => Promise<unknown>>> = {
  'nothing at all': () => Promise.resolve(undefined),
  'a parsed body alone': (response) => response.json(),
  'a status and data': async (response) => ({ status: response.status, data: await response.json() }),
  'a body that a log has read': async (response) => {
    await response.text()
    return response
  },
}

for (const [name, give] of Object.entries(unusable)) {
  test(`a fetch option that returns ${name} costs one token, and the error says what a response must have`, async () => {
    const { simulator } = world
    const fetch = (async (input: string, init: RequestInit) =>
      give(await globalThis.fetch(input, init))) as unknown as typeof globalThis.fetch
    const source = world.source('wechat', world.manager({ fetch }))
    await expect(source.getAccessToken()).rejects.toMatchObject({
      code: 'ERR_LINGPAI_TRANSPORT',
      retryable: false,
      hint: expect.stringContaining('`fetch` option') as string,
    })
    await expect(source.getAccessToken()).rejects.toMatchObject({ retryable: false })
    expect(simulator.ledger.tokenRequests()).toBe(1)
  })
}
