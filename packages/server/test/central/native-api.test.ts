import { call, openCentralWorld, type CentralWorld, type Json } from './central-world.js'

let world: CentralWorld
beforeEach(async () => {
  world = await openCentralWorld()
})
afterEach(() => world.close())

test('a token comes with the life that is left, its generation, and where a call carries it', async () => {
  const bot = await world.call('/v1/accounts/bot/token')
  expect(bot.status).toBe(200)
  const { access_token, expires_in, expires_in_ms, expires_at, ...rest } = bot.body as Json &
    Readonly<Record<'expires_in_ms' | 'expires_at', number>>
  expect(access_token).toMatch(/^simtok_qq_/)
  expect(expires_in).toBe(Math.floor(expires_in_ms / 1000))
  expect(expires_in_ms).toBeLessThanOrEqual(7_200_000)
  expect(expires_at - Date.now()).toBeLessThanOrEqual(expires_in_ms)
  const place = { in: 'header', name: 'Authorization', scheme: 'QQBot' }
  expect(rest).toEqual({ generation: 1, token_type: 'QQBot', place })

  const shop = await world.call('/v1/accounts/shop/token')
  expect(Object.keys(shop.body)).toEqual([
    'access_token',
    'expires_in',
    'expires_in_ms',
    'expires_at',
    'generation',
    'place',
  ])
  expect(shop.body['place']).toEqual({ in: 'query', name: 'access_token' })
})

test('the answer of the fast path is the answer of the slow one', async () => {
  const slow = await world.call('/v1/accounts/bot/token?min_life=1')
  const fast = await world.call('/v1/accounts/bot/token')
  const steady = ({ expires_in: _, expires_in_ms: __, ...rest }: Record<string, unknown>): object => rest
  expect(Object.keys(fast.body)).toEqual(Object.keys(slow.body))
  expect(steady(fast.body)).toEqual(steady(slow.body))
  expect(fast.headers.get('content-type')).toBe(slow.headers.get('content-type'))
})

test('a life that no token has is the caller’s mistake', async () => {
  await world.call('/v1/accounts/shop/token')
  const reply = await world.call('/v1/accounts/shop/token?min_life=10000')
  expect(reply.status).toBe(400)
  expect(reply.body).toMatchObject({ error: { code: 'ERR_LINGPAI_CONFIG', retryable: false } })
})

test('a code that means something else than the token causes no refresh', async () => {
  await world.call('/v1/accounts/shop/token')
  const body = { generation: 1, code: 45009 }
  const reply = await world.call('/v1/accounts/shop/rejections', { method: 'POST', body })
  expect(reply.status).toBe(400)
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

test('false reports of one token cost the platform one request, however many there are', async () => {
  const { body: first } = await world.call('/v1/accounts/bot/token')
  for (let times = 0; times < 10; times += 1) {
    for (const body of [{ generation: first['generation'] }, { access_token: first['access_token'] }]) {
      const reply = await world.call('/v1/accounts/bot/rejections', { method: 'POST', body })
      expect(reply.body).toMatchObject({ access_token: first['access_token'], generation: first['generation'] })
    }
  }
  expect(world.simulator.ledger.tokenRequests('qq')).toBe(2)
})

test('a forced refresh brings another token to all', async () => {
  await world.call('/v1/accounts/shop/token')
  const refreshed = await world.call('/v1/accounts/shop/refreshes', { method: 'POST', body: { note: 'leaked' } })
  expect(refreshed.body).toMatchObject({ generation: 2 })
  const { events } = (await world.call('/v1/accounts/shop/timeline')).body as { readonly events: readonly object[] }
  expect(events).toContainEqual(expect.objectContaining({ event: 'refreshed', reason: 'requested', note: 'leaked' }))
  expect((await world.call('/v1/accounts/shop/token')).body).toMatchObject({ generation: 2 })
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})

test('a platform that refuses is told of with its code, its class and a hint in both languages', async () => {
  world.simulator.change('wechat', { ipAllow: ['203.0.113.9'] })
  const reply = await world.call('/v1/accounts/shop/token')
  expect(reply.status).toBe(502)
  expect(reply.body).toEqual({
    error: {
      code: 'ERR_LINGPAI_PLATFORM',
      message: expect.stringContaining('40164'),
      class: 'ip-denied',
      platform_code: 40164,
      hint: { en: expect.stringContaining('127.0.0.1'), zh: expect.stringContaining('127.0.0.1') },
      retryable: false,
      retry_at: expect.any(Number),
    },
  })
  const status = await world.call('/v1/accounts/shop')
  expect(status.body).toMatchObject({
    state: 'failing',
    last_failure: {
      class: 'ip-denied',
      platform_code: 40164,
      failures: 1,
      hint: { en: expect.stringContaining('127.0.0.1'), zh: expect.stringContaining('127.0.0.1') },
    },
  })
})

test('an upstream that is down is a 503 that says when to come back', async () => {
  world.simulator.fault({ platform: 'wechat', status: 500, times: 100 })
  const reply = await world.call('/v1/accounts/shop/token')
  expect(reply.status).toBe(503)
  expect(Number(reply.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  expect(reply.body).toMatchObject({ error: { code: 'ERR_LINGPAI_TRANSPORT', retryable: true } })
})

test('every answer says that it is not to be kept', async () => {
  const paths = [
    '/v1/accounts',
    '/v1/accounts/bot/token',
    '/v1/accounts/x',
    '/healthz',
    '/readyz',
    '/openapi.json',
    '/x',
  ]
  for (const path of paths) expect((await world.call(path)).headers.get('cache-control')).toBe('no-store')
  expect((await world.call('/v1/accounts', { key: null })).headers.get('cache-control')).toBe('no-store')
  expect((await world.call('/%zz')).headers.get('cache-control')).toBe('no-store')
})

test('list and status hold no token and no secret', async () => {
  await world.call('/v1/accounts/bot/token')
  const { text, body } = await world.call('/v1/accounts')
  expect(body).toMatchObject({
    accounts: [
      { name: 'bot', state: 'valid' },
      { name: 'shop', state: 'none' },
    ],
  })
  expect(text).not.toMatch(/simtok_|not-real/)
})

test('readiness counts, names nobody, and is for everybody', async () => {
  await world.call('/v1/accounts/bot/token')
  const ready = await call(`${world.url}/readyz`, {})
  expect(ready).toMatchObject({
    status: 200,
    body: { status: 'ready', cache: 'up', accounts: { total: 2, usable: 1, failing: 0 } },
  })
  expect(await call(`${world.url}/healthz`, {})).toMatchObject({ status: 200, body: { status: 'up' } })
})

test('readiness is lost when no account has a token or can get one', async () => {
  world.simulator.fault({ status: 500, times: 1000 })
  await Promise.all(['bot', 'shop'].map((name) => world.call(`/v1/accounts/${name}/token`)))
  const lost = await call(`${world.url}/readyz`, {})
  expect(lost).toMatchObject({ status: 503, body: { status: 'unready', accounts: { usable: 0, failing: 2 } } })
})

interface OpenApi {
  readonly paths: Record<string, Record<string, { readonly responses: object; readonly summary?: string }>>
  readonly components: { readonly schemas: object }
}

test('the OpenAPI document is of 3.1, names every route with its answers, and every reference leads somewhere', async () => {
  const { body, text } = await call(`${world.url}/openapi.json`, {})
  expect(body['openapi']).toBe('3.1.0')
  const { paths, components } = body as unknown as OpenApi
  const schemas = Object.keys(components.schemas)
  for (const [, name = ''] of text.matchAll(/#\/components\/schemas\/([\w-]+)/g)) expect(schemas).toContain(name)
  expect(text).not.toMatch(/"\$ref":"(?!#\/components\/schemas\/)/)
  expect(Object.keys(paths)).toEqual(
    expect.arrayContaining([
      '/v1/accounts',
      '/v1/accounts/{account}',
      '/v1/accounts/{account}/token',
      '/v1/accounts/{account}/rejections',
      '/v1/accounts/{account}/refreshes',
      '/v1/accounts/{account}/timeline',
      '/v1/accounts/{account}/changes',
      '/v1/events',
      '/session',
      '/healthz',
      '/readyz',
    ]),
  )
  for (const [path, methods] of Object.entries(paths)) {
    for (const { responses, summary } of Object.values(methods)) {
      expect({ path, summary }).toEqual({ path, summary: expect.any(String) })
      expect(Object.keys(responses)).not.toEqual(['default'])
    }
  }
})
