import { call, openServerWorld, type ServerWorld, type Json } from './server-world.js'

let world: ServerWorld
beforeEach(async () => {
  world = await openServerWorld()
})
afterEach(() => world.close())

test('a token response contains the remaining lifetime, the generation and the placement', async () => {
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

test('the fast path responds exactly like the slow path', async () => {
  const slow = await world.call('/v1/accounts/bot/token?min_life=1')
  const fast = await world.call('/v1/accounts/bot/token')
  const steady = ({ expires_in: _, expires_in_ms: __, ...rest }: Record<string, unknown>): object => rest
  expect(Object.keys(fast.body)).toEqual(Object.keys(slow.body))
  expect(steady(fast.body)).toEqual(steady(slow.body))
  expect(fast.headers.get('content-type')).toBe(slow.headers.get('content-type'))
})

test('a min_life that no token can have gives 400', async () => {
  await world.call('/v1/accounts/shop/token')
  const response = await world.call('/v1/accounts/shop/token?min_life=10000')
  expect(response.status).toBe(400)
  expect(response.body).toMatchObject({ error: { code: 'ERR_LINGPAI_CONFIG', retryable: false } })
})

test('a report with a code that is not a token error gives 400 and causes no refresh', async () => {
  await world.call('/v1/accounts/shop/token')
  const body = { generation: 1, code: 45009 }
  const response = await world.call('/v1/accounts/shop/rejections', { method: 'POST', body })
  expect(response.status).toBe(400)
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

test('false reports of one token cost one request upstream', async () => {
  const { body: first } = await world.call('/v1/accounts/bot/token')
  for (let times = 0; times < 10; times += 1) {
    for (const body of [{ generation: first['generation'] }, { access_token: first['access_token'] }]) {
      const response = await world.call('/v1/accounts/bot/rejections', { method: 'POST', body })
      expect(response.body).toMatchObject({ access_token: first['access_token'], generation: first['generation'] })
    }
  }
  expect(world.simulator.ledger.tokenRequests('qq')).toBe(2)
})

test('a forced refresh gives all clients another token', async () => {
  await world.call('/v1/accounts/shop/token')
  const refreshed = await world.call('/v1/accounts/shop/refreshes', { method: 'POST', body: { note: 'leaked' } })
  expect(refreshed.body).toMatchObject({ generation: 2 })
  const { events } = (await world.call('/v1/accounts/shop/timeline')).body as { readonly events: readonly object[] }
  expect(events).toContainEqual(expect.objectContaining({ event: 'refreshed', reason: 'requested', note: 'leaked' }))
  expect((await world.call('/v1/accounts/shop/token')).body).toMatchObject({ generation: 2 })
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})

test('an error of the platform is forwarded with its code, class and hint in both languages', async () => {
  world.simulator.change('wechat', { ipAllow: ['203.0.113.9'] })
  const response = await world.call('/v1/accounts/shop/token')
  expect(response.status).toBe(502)
  expect(response.body).toEqual({
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

test('an unreachable upstream gives 503 with retry-after', async () => {
  world.simulator.fault({ platform: 'wechat', status: 500, times: 100 })
  const response = await world.call('/v1/accounts/shop/token')
  expect(response.status).toBe(503)
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  expect(response.body).toMatchObject({ error: { code: 'ERR_LINGPAI_TRANSPORT', retryable: true } })
})

test('every response has cache-control: no-store', async () => {
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

test('list and status contain no token and no secret', async () => {
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

test('readiness needs no key, and contains numbers but no names', async () => {
  await world.call('/v1/accounts/bot/token')
  const ready = await call(`${world.url}/readyz`, {})
  expect(ready).toMatchObject({
    status: 200,
    body: { status: 'ready', cache: 'up', accounts: { total: 2, usable: 1, failing: 0 } },
  })
  expect(await call(`${world.url}/healthz`, {})).toMatchObject({ status: 200, body: { status: 'up' } })
})

test('readiness fails when no account has a token or can get one', async () => {
  world.simulator.fault({ status: 500, times: 1000 })
  await Promise.all(['bot', 'shop'].map((name) => world.call(`/v1/accounts/${name}/token`)))
  const lost = await call(`${world.url}/readyz`, {})
  expect(lost).toMatchObject({ status: 503, body: { status: 'unready', accounts: { usable: 0, failing: 2 } } })
})

interface OpenApi {
  readonly paths: Record<string, Record<string, { readonly responses: object; readonly summary?: string }>>
  readonly components: { readonly schemas: object }
}

test('the OpenAPI document has version 3.1, all routes with their responses, and no broken reference', async () => {
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
