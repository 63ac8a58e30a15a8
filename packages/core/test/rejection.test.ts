import { defineProvider } from '@lingpai/core'
import { fileCache } from '@lingpai/cache-file'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { apiPath, minute, openWorld, second, type SourceName, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const accountOf = { qq: 'qq', wechat: 'wechat', wechatPlain: 'wechat', wecom: 'wecom' } as const

for (const name of ['qq', 'wechat', 'wechatPlain', 'wecom'] as const satisfies readonly SourceName[]) {
  test(`${name}: 200 calls rejected at once, and late ones, cost one refresh and all succeed`, async () => {
    const { simulator } = world
    const source = world.source(name)
    const dead = await source.getAccessToken()
    simulator.revoke(simulator.accounts[accountOf[name]])
    const responses = await Promise.all(Array.from({ length: 200 }, () => source.fetch(apiPath[name])))
    const bodies = (await Promise.all(responses.map((response) => response.json()))) as {
      errcode?: number
      code?: number
    }[]
    expect(bodies.every(({ errcode = 0, code = 0 }) => errcode === 0 && code === 0)).toBe(true)
    expect(simulator.ledger.tokenRequests()).toBe(2)

    const current = await source.getAccessToken()
    const late = await Promise.all(Array.from({ length: 50 }, () => source.reportRejected(dead)))
    expect(new Set(late)).toEqual(new Set([current]))
    expect(await source.reportRejected({ generation: 1 })).toBe(current)
    expect(simulator.ledger.tokenRequests()).toBe(2)
    expect(world.count('rejected')).toBe(1)
  })
}

test('200 reports of one token at once are one refresh', async () => {
  const source = world.source('wechatPlain')
  const { value, generation } = await source.getRecord()
  world.simulator.revoke(world.simulator.accounts.wechat)
  const reports = Array.from({ length: 200 }, (_, i) =>
    source.reportRejected(i % 2 === 0 ? value : { generation }, 42001),
  )
  const tokens = new Set(await Promise.all(reports))
  expect(tokens.size).toBe(1)
  expect(tokens.has(value)).toBe(false)
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})

test('a code that is not a token error causes no refresh', async () => {
  const source = world.source('wechat')
  const token = await source.getAccessToken()
  for (const code of [45009, 48001, 99999, 'x']) {
    await expect(source.reportRejected(token, code)).rejects.toMatchObject({
      code: 'ERR_LINGPAI_CONFIG',
      details: { field: 'code' },
    })
  }
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

test('a rejected token is never served, not even while upstream is down', async () => {
  const source = world.source('wechatPlain')
  const dead = await source.getAccessToken()
  world.simulator.revoke(world.simulator.accounts.wechat)
  world.simulator.fault({ endpoint: 'token', drop: 'before', times: Infinity })
  await expect(world.clock.runUntil(source.reportRejected(dead, 40001))).rejects.toMatchObject({
    code: 'ERR_LINGPAI_TRANSPORT',
  })
  expect(source.peek()).toBeUndefined()
  await expect(source.getAccessToken()).rejects.toMatchObject({
    code: 'ERR_LINGPAI_TRANSPORT',
    retryAtMs: expect.any(Number),
  })
  world.simulator.clearFaults()
  await world.clock.advance(2 * minute)
  expect(await world.clock.runUntil(source.getAccessToken())).not.toBe(dead)
})

test('a process that starts later does not serve a token that another one knows to be rejected', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
  const open = (): ReturnType<typeof fileCache> => fileCache({ directory, clock: world.clock })
  const first = world.source('wechatPlain', world.manager({ cache: open() }))
  const dead = await first.getAccessToken()
  world.simulator.revoke(world.simulator.accounts.wechat)
  world.simulator.fault({ endpoint: 'token', status: 503, times: Infinity })
  await expect(world.clock.runUntil(first.reportRejected(dead))).rejects.toMatchObject({
    code: 'ERR_LINGPAI_TRANSPORT',
  })
  const second = world.source('wechatPlain', world.manager({ cache: open() }))
  await expect(second.getAccessToken()).rejects.toMatchObject({ code: 'ERR_LINGPAI_TRANSPORT' })
  await rm(directory, { recursive: true })
})

test('a report after another process has refreshed adopts its token, and upstream is not asked', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
  const open = (): ReturnType<typeof fileCache> => fileCache({ directory, clock: world.clock })
  const sources = [0, 1, 2].map(() => world.source('wechat', world.manager({ cache: open() })))
  const [first] = await Promise.all(sources.map((source) => world.clock.runUntil(source.getAccessToken())))
  world.simulator.revoke(world.simulator.accounts.wechat)
  const responses = await world.clock.runUntil(Promise.all(sources.map((source) => source.fetch(apiPath.wechat))))
  expect(await Promise.all(responses.map((response) => response.json()))).toEqual(
    [0, 1, 2].map(() => expect.objectContaining({ ip_list: expect.anything() })),
  )
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
  expect(await sources[0]?.getAccessToken()).not.toBe(first)
  await rm(directory, { recursive: true })
})

test('a platform that gives the rejected token again ends in a typed error and a cool-down, not a loop', async () => {
  const { simulator, clock } = world
  const source = world.source('qq')
  await source.getAccessToken()
  simulator.revoke(simulator.accounts.qq, { sticky: true })
  const failure = { code: 'ERR_LINGPAI_PLATFORM', details: { errorClass: 'token-invalid' }, hint: expect.any(String) }
  await expect(source.fetch(apiPath.qq)).rejects.toMatchObject(failure)
  for (let call = 0; call < 100; call += 1) await expect(source.getAccessToken()).rejects.toMatchObject(failure)
  expect(simulator.ledger.tokenRequests()).toBe(2)
  // The call with the rejected token, and the probe that settled it.
  expect(simulator.ledger.deadPresented()).toBe(2)
  await clock.advance(7200 * second)
  expect((await clock.runUntil(source.fetch(apiPath.qq))).status).toBe(200)
})

describe('fetch and withToken', () => {
  test('fetch and withToken only act on a token error; every other response is returned unchanged', async () => {
    const { simulator } = world
    const source = world.source('qq')
    const responses = [
      { status: 401, body: { code: 11298, err_code: 40023002, message: '接口访问源IP不在白名单' } },
      { status: 429, body: 'slow down' },
      { status: 401, body: '' },
      { status: 500, body: '<html>oops</html>' },
      { status: 200, body: 'x'.repeat(200_000) },
    ]
    for (const { status, body } of responses) {
      simulator.fault({ endpoint: '/users/@me', status, body })
      const response = await source.fetch('/users/@me')
      expect(response.status).toBe(status)
      expect(await response.text()).toBe(typeof body === 'string' ? body : JSON.stringify(body))
    }
    expect(simulator.ledger.tokenRequests()).toBe(1)
    expect(simulator.ledger.apiRequests()).toBe(responses.length)
  })

  test('a stream sent with an expired token is a typed error, never the platform’s response, and the token is replaced', async () => {
    const { simulator } = world
    const path = '/cgi-bin/message/custom/send'
    const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
    const streams = [
      () => new Blob(['{"touser":"a"}']).stream(),
      () => Readable.from([encode('{"touser":'), encode('"a"}')]) as unknown as ReadableStream,
    ] as readonly (() => ReadableStream)[]
    for (const [i, stream] of streams.entries()) {
      const source = world.source('wechat')
      const dead = await source.getAccessToken()
      simulator.revoke(simulator.accounts.wechat)
      const calls = simulator.ledger.apiRequests()
      await expect(
        world.clock.runUntil(source.fetch(path, { method: 'POST', body: stream(), duplex: 'half' })),
      ).rejects.toMatchObject({
        code: 'ERR_LINGPAI_PLATFORM',
        retryable: true,
        details: { endpoint: 'api', errorClass: 'token-invalid' },
        hint: expect.stringContaining('new body') as string,
      })
      expect(source.peek()).not.toBe(dead)
      expect(simulator.ledger.apiRequests()).toBe(calls + 1)
      expect(simulator.ledger.tokenRequests()).toBe(2 + i)
      const response = await source.fetch(path, { method: 'POST', body: stream(), duplex: 'half' })
      expect(await response.json()).toMatchObject({ errcode: 0 })
      await world.clock.advance(11 * minute)
    }
  })

  test('a JSON body, a form, a blob and bytes are sent again after a rejection', async () => {
    const { simulator } = world
    const source = world.source('wechat')
    const bodies = ['{"touser":"a"}', new URLSearchParams('a=b'), new Blob(['{}']), new TextEncoder().encode('{}')]
    for (const body of bodies) {
      await source.getAccessToken()
      simulator.revoke(simulator.accounts.wechat)
      const response = await world.clock.runUntil(
        source.fetch('/cgi-bin/message/custom/send', { method: 'POST', body }),
      )
      expect(await response.json()).toMatchObject({ errcode: 0 })
      await world.clock.advance(11 * minute)
    }
  })

  test('a call that timed out is not sent twice', async () => {
    const { simulator } = world
    const source = world.source('wechat')
    await source.getAccessToken()
    simulator.fault({ endpoint: 'api', drop: 'after' })
    await expect(source.fetch('/cgi-bin/message/custom/send', { method: 'POST', body: '{}' })).rejects.toThrow(
      'fetch failed',
    )
    expect(simulator.ledger.apiRequests()).toBe(1)
  })

  test('the token goes to the provider’s origins only', async () => {
    const source = world.source('wechat')
    for (const input of [
      'https://evil.example/cgi-bin/x',
      'ftp://x',
      'no-url',
      'https://api.weixin.qq.com.evil.example/',
    ]) {
      await expect(source.fetch(input)).rejects.toMatchObject({
        code: 'ERR_LINGPAI_CONFIG',
        details: { field: 'input' },
      })
    }
    expect(world.simulator.ledger.tokenRequests()).toBe(0)
  })

  test('a Request keeps its method, headers and body', async () => {
    const { simulator } = world
    const source = world.source('qq')
    const url = `${simulator.url}/qq/v2/users/u1/messages`
    const request = new Request(url, {
      method: 'POST',
      body: JSON.stringify({ content: 'hi', msg_type: 0 }),
      headers: { 'content-type': 'application/json' },
    })
    expect((await source.fetch(request)).status).toBe(200)
    expect((await source.fetch(new URL(`${simulator.url}/qq/users/@me`))).status).toBe(200)
  })

  test('withToken runs its function once more with another token, whatever shape the platform’s error has', async () => {
    const { simulator, clock } = world
    const source = world.source('wechat')
    const shapes: ((body: object) => unknown)[] = [
      (body) => body,
      (body) => Response.json(body),
      (body) => {
        throw Object.assign(new Error('refused'), body)
      },
      (body) => {
        throw Object.assign(new Error('axios'), { response: { data: body } })
      },
      (body) => {
        throw Object.assign(new Error('lingpai'), { details: { platformCode: (body as { errcode: number }).errcode } })
      },
    ]
    for (const shape of shapes) {
      const tokens: string[] = []
      const outcome = await clock.runUntil(
        source.withToken((token) => {
          tokens.push(token)
          if (tokens.length > 1) return 'done'
          simulator.revoke(simulator.accounts.wechat)
          return shape({ errcode: 42001, errmsg: 'access_token expired' })
        }),
      )
      expect(outcome).toBe('done')
      expect(new Set(tokens).size).toBe(2)
      await clock.advance(11 * minute)
    }
    const other = new Error('code 42001 token expired 401')
    await expect(source.withToken(() => Promise.reject(other))).rejects.toBe(other)
  })

  test('withToken returns a platform error that the platform’s own probe contradicts, thrown or returned', async () => {
    const source = world.source('wecom')
    const body = { errcode: 40014, errmsg: 'invalid access_token' }
    let runs = 0
    expect(
      await source.withToken(() => {
        runs += 1
        return body
      }),
    ).toBe(body)
    const thrown = Object.assign(new Error('refused'), body)
    await expect(
      source.withToken(() => {
        runs += 1
        throw thrown
      }),
    ).rejects.toBe(thrown)
    expect(runs).toBe(2)
  })

  test('authorizationHeader is only for platforms that take a header', async () => {
    expect(await world.source('qq').authorizationHeader()).toMatch(/^QQBot simtok_/)
    await expect(world.source('wechat').authorizationHeader()).rejects.toMatchObject({ code: 'ERR_LINGPAI_CONFIG' })
  })
})

test('a token error with a string code heals, too', async () => {
  const answers = [
    { accessToken: 'first', expireIn: 7200 },
    { accessToken: 'second', expireIn: 7200 },
  ]
  const provider = defineProvider<{ appKey: string; appSecret: string }>({
    id: 'ding',
    source: { url: 'https://example.com/', readOn: '2026-11-20' },
    account: ['appKey'],
    secrets: ['appSecret'],
    baseUrl: 'https://ding.example',
    renewal: { mode: 'extend' },
    response: { token: 'accessToken', expiresIn: 'expireIn', code: ['code'], message: 'message' },
    placement: { in: 'header', name: 'x-acs-dingtalk-access-token' },
    errors: { token: {}, api: { 'token-invalid': ['InvalidAuthentication'] } },
    request: (json) => ({ method: 'POST', url: '/v1.0/oauth2/accessToken', json }),
  })
  const fetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    if (String(input).endsWith('/accessToken')) return Promise.resolve(Response.json(answers.shift()))
    const isDead = new Headers(init?.headers).get('x-acs-dingtalk-access-token') === 'first'
    return Promise.resolve(
      isDead ? Response.json({ code: 'InvalidAuthentication' }, { status: 400 }) : Response.json({ ok: 1 }),
    )
  }
  const source = world.manager({ fetch }).source(provider, { appKey: 'k', appSecret: 'PLANTED-SECRET' })
  expect(await (await source.fetch('/v1.0/me')).json()).toEqual({ ok: 1 })
  expect(answers).toHaveLength(0)
})

test('a rejected token that the platform gives again is a typed error without a probe', async () => {
  const provider = defineProvider<{ id: string; secret: string }>({
    id: 'stubborn',
    source: { url: 'https://example.com/', readOn: '2026-11-20' },
    account: ['id'],
    secrets: ['secret'],
    baseUrl: 'https://stubborn.example',
    renewal: { mode: 'sticky', windowSeconds: 60 },
    response: { token: 't', expiresIn: 'e', code: ['c'], message: 'm' },
    placement: { in: 'query', name: 't' },
    errors: { token: {}, api: { 'token-invalid': [1] } },
    request: () => ({ method: 'GET', url: '/token' }),
  })
  let requests = 0
  const fetch = (): Promise<Response> => {
    requests += 1
    return Promise.resolve(Response.json({ t: 'same', e: 7200 }))
  }
  const source = world.manager({ fetch }).source(provider, { id: '1', secret: 'PLANTED-SECRET' })
  await source.getAccessToken()
  const failure = { code: 'ERR_LINGPAI_PLATFORM', details: { errorClass: 'token-invalid', platformCode: 1 } }
  await expect(source.reportRejected('same', 1)).rejects.toMatchObject(failure)
  await expect(source.reportRejected('same', 1)).rejects.toMatchObject(failure)
  expect(requests).toBe(2)
})

test('a stream of events is returned at once, and a response that breaks off stays the platform’s', async () => {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
  const endless = (type: string, first: string): Response =>
    new Response(
      new ReadableStream({
        start: (controller) => {
          controller.enqueue(encode(first))
        },
      }),
      { headers: { 'content-type': type } },
    )
  const broken = new Response(
    new ReadableStream({
      start: (controller) => {
        controller.error(new TypeError('terminated'))
      },
    }),
  )
  const responses = [endless('text/event-stream', 'data: {}'), endless('text/plain', 'hello'), broken]
  const { simulator } = world
  const fetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
    String(input).includes('/stream')
      ? Promise.resolve(responses.shift() ?? new Response())
      : globalThis.fetch(input, init)
  const source = world.source('wechat', world.manager({ fetch }))
  for (const expected of [...responses]) expect(await source.fetch('/stream')).toBe(expected)
  expect(simulator.ledger.tokenRequests()).toBe(1)
})

for (const [what, fault] of [
  ['breaks', { drop: 'before' }],
  ['fails', { status: 500 }],
  ['is refused for another reason', { body: { errcode: 48001, errmsg: 'api unauthorized' } }],
] as const) {
  test(`a probe that ${what} says nothing about the token: it stays rejected`, async () => {
    const { simulator } = world
    const source = world.source('wechat')
    const { value, generation } = await source.getRecord()
    simulator.revoke(simulator.accounts.wechat, { sticky: true })
    simulator.fault({ endpoint: '/cgi-bin/getcallbackip', ...fault })
    await expect(source.reportRejected({ generation }, 40001)).rejects.toMatchObject({
      code: 'ERR_LINGPAI_PLATFORM',
      details: { errorClass: 'token-invalid', platformCode: 40001 },
    })
    expect(source.peek()).not.toBe(value)
    expect(simulator.ledger.tokenRequests()).toBe(2)
  })
}
