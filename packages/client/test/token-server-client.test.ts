import { inspect } from 'node:util'
import { isLingpaiError, type AnyLingpaiError } from '@lingpai/core'
import { TokenServerClient } from '../src/index.js'
import { nowhere, openClientWorld, type ClientWorld } from './client-world.js'

let world: ClientWorld

beforeEach(async () => {
  world = await openClientWorld()
})

afterEach(() => world.close())

/** Returns the typed error that a promise rejects with. */
async function errorOf(promise: Promise<unknown>): Promise<AnyLingpaiError> {
  const outcome = await promise.then(
    () => 'nothing was thrown',
    (error: unknown) => error,
  )
  if (isLingpaiError(outcome)) return outcome
  throw outcome
}

const tokenRequests = () => world.simulator.ledger.summary().tokenRequests

test('a thousand callers without a token make one request to the server, which makes one upstream', async () => {
  const source = world.client().source('mp', { provider: world.providers.mp })
  const tokens = await Promise.all(Array.from({ length: 1000 }, () => source.getAccessToken()))
  expect(new Set(tokens).size).toBe(1)
  expect(world.requests).toEqual(['GET /v1/accounts/mp/token'])
  expect(tokenRequests()).toBe(1)
})

test('a token in memory is returned without a request, as the same promise each time', async () => {
  const source = world.client().source('mp')
  await source.getAccessToken()
  expect(source.getAccessToken()).toBe(source.getAccessToken())
  expect(source.peek()).toBe(await source.getAccessToken())
  expect(world.requests).toHaveLength(1)
})

test("record and status carry the server's own generation", async () => {
  for (let refreshes = 0; refreshes < 3; refreshes += 1) await world.own('plain').refresh()
  const source = world.client().source('plain')
  const record = await source.getRecord()
  const { generation } = await world.own('plain').getRecord()
  expect(generation).toBe(3)
  expect(record.generation).toBe(generation)
  expect(source.status()).toMatchObject({ state: 'valid', generation })
})

test("a token server's source behaves like a manager's source", async () => {
  const direct = world.own('bot')
  const central = world.client().source('bot', { provider: world.providers.bot })
  for (const tokens of [direct, central]) {
    expect((await tokens.fetch('/gateway')).status).toBe(200)
    expect(await tokens.authorizationHeader()).toBe(`QQBot ${await direct.getAccessToken()}`)
    expect(await tokens.withToken((token) => token.length)).toBe((await direct.getAccessToken()).length)
    tokens.startBackgroundRefresh()
    expect(tokens.status()).toMatchObject({ state: 'valid', hasBackgroundRefresh: true })
    tokens.stopBackgroundRefresh()
    tokens.validate()
    await tokens.clear()
    expect(tokens.peek()).toBeUndefined()
  }
  expect(world.simulator.ledger.summary().dead).toEqual({ expired: 0, revoked: 0, superseded: 0, unknown: 0 })
})

test('the same account gives the same source, whose texts show no secret', () => {
  const client = world.client()
  const source = client.source('mp', { provider: world.providers.mp })
  expect(client.source('mp', { provider: world.providers.mp })).toBe(source)
  expect(client.source('bot')).not.toBe(source)
  expect(client.sources().map(String)).toEqual(['token-server:mp', 'token-server:bot'])
  expect(source.toJSON()).toEqual({
    provider: 'token-server',
    kind: 'app',
    host: new URL(world.url).host,
    ids: { account: 'mp' },
  })
})

test('without a provider, fetch, withToken and authorizationHeader throw ConfigError and the other members work', async () => {
  const source = world.client().source('mp')
  const token = await source.getAccessToken()
  for (const call of [
    () => source.fetch('/cgi-bin/getcallbackip'),
    () => source.withToken(String),
    () => source.authorizationHeader(),
  ]) {
    const error = await errorOf(call())
    expect(error).toMatchObject({ code: 'ERR_LINGPAI_CONFIG', details: { field: 'provider' } })
    expect(error.hint).toContain('provider')
  }
  world.simulator.revoke(world.simulator.accounts.wechat)
  expect(await source.reportRejected(token, 42001)).not.toBe(token)
})

test('adopt() of a token server source throws ConfigError with a hint', async () => {
  const source = world.client({ key: world.key('admin') }).source('plain')
  const before = await source.getAccessToken()
  const error = await errorOf(source.adopt({ value: 'PLANTED-TOKEN-of-others', expiresAtMs: Date.now() + 3_600_000 }))
  expect(error).toMatchObject({ code: 'ERR_LINGPAI_CONFIG', details: { field: 'adopt', problem: 'conflict' } })
  expect(error.hint).toContain('token server')
  expect(await source.getAccessToken()).toBe(before)
  expect(world.requests).toEqual(['GET /v1/accounts/plain/token'])
})

test('refresh() asks the server for another token and requires the role admin', async () => {
  const admin = world.client({ key: world.key('admin') }).source('plain')
  const before = await admin.getRecord()
  const after = await admin.refresh({ note: 'by hand' })
  expect(after.generation).toBe(before.generation + 1)
  expect(after.value).not.toBe(before.value)
  expect(world.requests.at(-1)).toBe('POST /v1/accounts/plain/refreshes')
  const error = await errorOf(world.client().source('plain').refresh())
  expect(error).toMatchObject({ code: 'ERR_LINGPAI_PLATFORM', details: { platformCode: 'ERR_FORBIDDEN' } })
  expect(error.hint).toContain('admin')
})

test('a wrong key and an unknown account reject with typed errors that have a hint and show no key', async () => {
  const wrong = `lpk_0123456789_${'planted-key-of-a-stranger'.padEnd(43, 'x')}`
  const client = world.client({ key: wrong })
  const stranger = await errorOf(client.source('mp').getAccessToken())
  expect(stranger).toMatchObject({
    code: 'ERR_LINGPAI_PLATFORM',
    details: { platformCode: 'ERR_UNAUTHENTICATED', errorClass: 'credential-invalid', status: 401 },
    hint: expect.stringContaining('lingpai key create'),
  })
  const unknown = await errorOf(world.client().source('unknown').getAccessToken())
  expect(unknown).toMatchObject({
    details: { platformCode: 'ERR_NOT_FOUND', errorClass: 'permission' },
    hint: expect.stringContaining('lingpai key list'),
  })
  for (const thing of [stranger, client, client.source('mp')]) {
    const shown = inspect(thing, { depth: 10, showHidden: true }) + JSON.stringify(thing) + String(thing)
    expect(shown).not.toContain('planted-key-of-a-stranger')
  }
})

test('a key function is called again when the server rejects the key', async () => {
  const keys = [world.key('reporter'), world.key('admin')]
  let asked = 0
  const source = world.client({ key: () => keys[Math.min(asked++, 1)]! }).source('mp')
  await source.getAccessToken()
  world.revokeKeys('reporter')
  await source.clear()
  await world.clock.advance(6000)
  expect(await source.getAccessToken()).toBe(await world.own('mp').getAccessToken())
})

test("a platform failure on the server keeps the platform's code, class and hint", async () => {
  world.simulator.fault({ times: 2, body: { errcode: 40164, errmsg: 'invalid ip 1.2.3.4, not in whitelist' } })
  const { mp: provider } = world.providers
  const error = await errorOf(world.client().source('mp', { provider }).getAccessToken())
  expect(error).toMatchObject({
    code: 'ERR_LINGPAI_PLATFORM',
    details: { platformCode: 40164, errorClass: 'ip-denied', ip: '1.2.3.4' },
  })
  expect(error.hint).toContain('1.2.3.4')
  const chinese = world.client({ language: 'zh' }).source('mp', { provider })
  expect((await errorOf(chinese.getAccessToken())).hint).toMatch(/1\.2\.3\.4.*白名单|白名单.*1\.2\.3\.4/)
})

test('invalid options throw ConfigError before any request', () => {
  const make = (options: object) => () => new TokenServerClient({ url: nowhere, key: 'lpk_x', ...options })
  for (const url of [
    '',
    'tokens.internal',
    'ftp://tokens.internal',
    'https://me:pw@tokens.internal',
    `${nowhere}/?a=1`,
  ])
    expect(make({ url })).toThrow(
      expect.objectContaining({ code: 'ERR_LINGPAI_CONFIG', details: expect.objectContaining({ field: 'url' }) }),
    )
  for (const key of ['', '  ', undefined, 7])
    expect(make({ key })).toThrow(expect.objectContaining({ details: expect.objectContaining({ field: 'key' }) }))
  expect(make({ timeoutMs: 0 })).toThrow(expect.objectContaining({ code: 'ERR_LINGPAI_CONFIG' }))
})

test('a server below a path prefix receives requests below that prefix', async () => {
  const seen: string[] = []
  const respond: typeof fetch = async (input) => {
    seen.push(String(input))
    return Response.json({ access_token: 'below', expires_in: 60, expires_in_ms: 60_000, generation: 3 })
  }
  const source = world.client({ url: `${nowhere}/tokens/`, fetch: respond }).source('ein/laden')
  expect(await source.getAccessToken()).toBe('below')
  expect(seen).toContain(`${nowhere}/tokens/v1/accounts/ein%2Fladen/token`)
})

test('a global fetch that is replaced after the client was created is used', async () => {
  const seen: string[] = []
  const { fetch: original } = globalThis
  await using client = new TokenServerClient({ url: nowhere, key: world.key(), clock: world.clock })
  globalThis.fetch = async (input) => {
    seen.push(String(input))
    return Response.json({ access_token: 'replaced', expires_in: 60, expires_in_ms: 60_000, generation: 3 })
  }
  try {
    expect(await client.source('mp').getAccessToken()).toBe('replaced')
  } finally {
    globalThis.fetch = original
  }
  expect(seen).toContain(`${nowhere}/v1/accounts/mp/token`)
})

test('the minLifeMs of a caller is sent to the server as min_life', async () => {
  const source = world.client().source('mp')
  await source.getAccessToken({ minLifeMs: 1_500_500 })
  expect(world.requests).toEqual(['GET /v1/accounts/mp/token?min_life=1501'])
})

test('a closed client rejects calls with ClosedError', async () => {
  const client = world.client()
  const source = client.source('mp')
  await source.getAccessToken()
  await client[Symbol.asyncDispose]()
  expect(await errorOf(source.getAccessToken())).toMatchObject({ code: 'ERR_LINGPAI_CLOSED' })
  expect(() => client.source('bot')).toThrow(expect.objectContaining({ code: 'ERR_LINGPAI_CLOSED' }))
})

test('a key with a trailing newline works, and a logger that throws disturbs no call', async () => {
  const fail = () => {
    throw new Error('the disk is full')
  }
  const logger = { debug: fail, info: fail, warn: fail, error: fail }
  const source = world.client({ key: `${world.key()}\n`, logger }).source('plain')
  const old = await source.getAccessToken()
  await world.clock.advance(100)
  await world.stopServer()
  await world.own('plain').refresh()
  await world.startServer()
  await world.clock.advance(10_000)
  expect(source.peek()).not.toBe(old)
  const strange = world.client({ key: 'lpk_with\u0007bell', logger }).source('plain')
  expect(await errorOf(strange.getAccessToken())).toMatchObject({
    code: 'ERR_LINGPAI_CONFIG',
    details: { field: 'key' },
  })
  await world.clock.advance(10_000)
})
