import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineProvider, type Provider } from '@lingpai/core'
import { fileCache } from '@lingpai/cache-file'
import { wechatMp, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { startSimulator } from '@lingpai/testing/simulator'
import { apiPath, hour, minute, openWorld, second, type SourceName, type World } from './world.js'

let world: World
let directory: string
beforeEach(async () => {
  world = await openWorld()
  directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
})
afterEach(async () => {
  await world.close()
  await rm(directory, { recursive: true, force: true })
})

/** A caller every `stepMs`. @returns how many had to wait although a token was alive */
async function callEvery(stepMs: number, forMs: number, name: SourceName): Promise<{ waited: number; dead: number }> {
  const source = world.source(name)
  let waited = 0
  for (let at = 0; at < forMs; at += stepMs) {
    if (source.peek() === undefined) waited += 1
    const token = source.getAccessToken()
    await world.clock.runUntil(token)
    await world.clock.runUntil(source.fetch(apiPath[name]))
    await world.clock.advance(stepMs)
  }
  return { waited, dead: world.simulator.ledger.deadPresented() }
}

for (const name of ['qq', 'wechat', 'wechatPlain'] as const) {
  test(`${name}: over six hours the token is refreshed ahead, once per life, and no caller waits`, async () => {
    const { waited, dead } = await callEvery(20 * second, 6 * hour, name)
    const lives = world.simulator.ledger.tokensIssued()
    expect({ waited, dead }).toEqual({ waited: 1, dead: 0 })
    expect(lives).toBeGreaterThanOrEqual(3)
    expect(lives).toBeLessThanOrEqual(4)
    expect(world.simulator.ledger.tokenRequests()).toBe(lives)
  })
}

test('wecom gives the same token while it lives: a few requests and one wait per life, and no expired token', async () => {
  const { waited, dead } = await callEvery(20 * second, 6 * hour, 'wecom')
  const lives = world.simulator.ledger.tokensIssued()
  expect(dead).toBe(0)
  expect(lives).toBeLessThanOrEqual(4)
  // At `refreshAtMs`, shortly before the end, and for the token that follows.
  expect(world.simulator.ledger.tokenRequests()).toBeLessThanOrEqual(lives * 3)
  expect(waited).toBeLessThanOrEqual(lives)
})

test('the old token is served without waiting during an upstream request', async () => {
  const source = world.source('qq')
  const old = await source.getAccessToken()
  await world.clock.advance(7200 * second - 45 * second)
  world.simulator.fault({ endpoint: 'token', latencyMs: 5 * second })
  expect(await source.getAccessToken()).toBe(old)
  expect(source.status().state).toBe('refreshing')
  expect(source.peek()).toBe(old)
  await world.clock.advance(6 * second)
  expect(source.peek()).not.toBe(old)
  expect(source.status()).toMatchObject({ state: 'valid', generation: 2 })
})

for (const name of ['qq', 'wechat', 'wechatPlain', 'wecom'] as const) {
  test(`${name}: an outage from before refreshAtMs to shortly before expiry fails no call and costs five requests at most`, async () => {
    const source = world.source(name)
    const { expiresAtMs } = await world.clock.runUntil(source.getRecord())
    const leftMs = expiresAtMs - world.clock.now()
    await world.clock.advance(leftMs - 15 * minute)
    const before = world.simulator.ledger.tokenRequests()
    const fault = world.simulator.fault({ endpoint: 'token', status: 503, times: Infinity })
    const callForMs = async (forMs: number): Promise<void> => {
      for (let at = 0; at < forMs; at += second) {
        await source.getAccessToken()
        await world.clock.advance(second)
      }
    }
    await callForMs(15 * minute - 12 * second)
    expect(world.simulator.ledger.tokenRequests() - before).toBeLessThanOrEqual(5)
    fault.clear()
    await callForMs(30 * second)
    expect((await source.getRecord()).expiresAtMs).toBeGreaterThan(expiresAtMs)
    expect(world.simulator.ledger.deadPresented()).toBe(0)
  })
}

test('a token is served until its expiry while upstream is down, and then a typed error follows', async () => {
  const source = world.source('qq')
  const { expiresAtMs } = await source.getRecord()
  world.simulator.fault({ endpoint: 'token', drop: 'before', times: Infinity })
  await world.clock.advance(expiresAtMs - world.clock.now() - 60 * second)
  let served = 0
  for (;;) {
    const outcome = await world.clock.runUntil(source.getAccessToken()).catch((error: unknown) => error)
    if (typeof outcome !== 'string') {
      expect(outcome).toMatchObject({ code: 'ERR_LINGPAI_TRANSPORT', retryable: true })
      break
    }
    served += 1
    await world.clock.advance(second / 2)
  }
  expect(served).toBeGreaterThan(110)
  expect(world.clock.now()).toBeGreaterThanOrEqual(expiresAtMs)
  expect(world.count('served-stale')).toBeGreaterThan(0)
})

test('a response with the same token does not prolong the life of the token', async () => {
  world.simulator.change(world.simulator.accounts.wecom, { expiresIn: 'full' })
  const source = world.source('wecom')
  const { expiresAtMs, generation } = await source.getRecord()
  await world.clock.advance(expiresAtMs - world.clock.now() - 200 * second)
  await source.getAccessToken()
  await world.clock.settle()
  expect(await source.getRecord()).toMatchObject({ expiresAtMs, generation })
  expect(world.count('same-token')).toBe(1)
})

describe('rotate on a shared cache', () => {
  const open = (): ReturnType<typeof fileCache> => fileCache({ directory, clock: world.clock })

  test('a process that gets no notice adopts the token of another one within a minute, and never serves an expired token', async () => {
    const { subscribe: _, ...untold } = open()
    const [first, other] = [world.manager({ cache: untold }), world.manager({ cache: open() })]
    const mine = world.source('wechatPlain', first)
    const theirs = world.source('wechatPlain', other)
    const old = await mine.getAccessToken()
    await theirs.refresh()
    expect(await mine.getAccessToken()).toBe(old)
    await world.clock.advance(61 * second)
    await mine.getAccessToken()
    await world.clock.settle()
    await world.clock.settle()
    expect(await mine.getAccessToken()).toBe(await theirs.getAccessToken())
    expect(world.simulator.ledger.tokenRequests()).toBe(2)
  })

  test('a process that slept beyond the overlap looks at the cache before it serves', async () => {
    const [first, other] = [world.manager({ cache: open() }), world.manager({ cache: open() })]
    const mine = world.source('wechatPlain', first)
    const theirs = world.source('wechatPlain', other)
    await mine.getAccessToken()
    await theirs.refresh()
    await world.clock.advance(6 * minute)
    expect(await mine.getAccessToken()).toBe(await theirs.getAccessToken())
    expect((await mine.fetch(apiPath.wechatPlain)).status).toBe(200)
    expect(world.simulator.ledger.deadPresented()).toBe(0)
  })
})

test('minLifeMs is observed, or is a ConfigError if the platform cannot give such a token', async () => {
  const plain = world.source('wechatPlain')
  const sticky = world.source('qq')
  await Promise.all([plain.getAccessToken(), sticky.getAccessToken()])
  await world.clock.advance(7200 * second - 20 * minute)
  const before = world.simulator.ledger.tokenRequests()
  const record = await plain.getRecord({ minLifeMs: hour })
  expect(record.expiresAtMs - world.clock.now()).toBeGreaterThanOrEqual(hour)
  await expect(sticky.getAccessToken({ minLifeMs: hour })).rejects.toMatchObject({
    code: 'ERR_LINGPAI_UNAVAILABLE',
    retryable: true,
    details: { field: 'minLifeMs' },
  })
  await world.clock.advance(2 * second)
  await expect(plain.getAccessToken({ minLifeMs: 7199 * second })).rejects.toMatchObject({
    code: 'ERR_LINGPAI_CONFIG',
    details: { field: 'minLifeMs' },
  })
  expect(world.simulator.ledger.tokenRequests() - before).toBe(1)
})

/** A provider whose platform responds with what `response` returns. */
function scripted(renewal: Provider<unknown>['spec']['renewal']['mode']): Provider<{ id: string; secret: string }> {
  return defineProvider<{ id: string; secret: string }>({
    id: `scripted-${renewal}`,
    source: { url: 'https://example.com/', readOn: '2026-11-20' },
    account: ['id'],
    secrets: ['secret'],
    baseUrl: 'https://example.com',
    renewal: { mode: renewal },
    response: { token: 't', expiresIn: 'e', code: ['c'], message: 'm' },
    placement: { in: 'query', name: 't' },
    errors: { token: {}, api: {} },
    request: () => ({ method: 'GET', url: '/token' }),
  })
}

test('extend: the same token with its life prolonged is a success with the same generation', async () => {
  const fetch = (): Promise<Response> => Promise.resolve(Response.json({ t: 'one', e: 7200 }))
  const source = world.manager({ fetch }).source(scripted('extend'), { id: '1', secret: 'PLANTED-SECRET' })
  const { expiresAtMs } = await source.getRecord()
  await world.clock.advance(7200 * second - 5 * minute)
  await source.getAccessToken()
  await world.clock.settle()
  const record = await source.getRecord()
  expect(record.generation).toBe(1)
  expect(record.expiresAtMs).toBeGreaterThan(expiresAtMs)
  expect(world.events.at(-1)).toMatchObject({ name: 'same-token', event: { extended: true } })
})

test('a token that upstream still gives after its expected expiry is trusted', async () => {
  const fetch = (): Promise<Response> => Promise.resolve(Response.json({ t: 'one', e: 600 }))
  const source = world.manager({ fetch }).source(scripted('sticky'), { id: '1', secret: 'PLANTED-SECRET' })
  const { expiresAtMs } = await source.getRecord()
  await world.clock.advance(601 * second)
  expect(await source.getAccessToken()).toBe('one')
  expect((await source.getRecord()).expiresAtMs).toBeGreaterThan(expiresAtMs)
})

test('a life of thirty days does not overflow a timer, and one of a year is reduced to thirty days', async () => {
  let requests = 0
  const fetch = (): Promise<Response> => {
    requests += 1
    return Promise.resolve(Response.json({ t: `t${requests}`, e: 31_536_000 }))
  }
  const source = world.manager({ fetch }).source(scripted('independent'), { id: '1', secret: 'PLANTED-SECRET' })
  source.startBackgroundRefresh()
  await world.clock.settle()
  expect((await source.getRecord()).expiresAtMs - world.clock.now()).toBe(30 * 24 * hour)
  await world.clock.advance(6 * hour)
  expect(requests).toBe(1)
  expect(world.clock.pendingTimers).toBe(1)
})

test('tokens that live one second cost one request per life, not a flood', async () => {
  let requests = 0
  const fetch = (): Promise<Response> => {
    requests += 1
    return Promise.resolve(Response.json({ t: `t${requests}`, e: 1 }))
  }
  const source = world.manager({ fetch }).source(scripted('independent'), { id: '1', secret: 'PLANTED-SECRET' })
  for (let at = 0; at < 10 * second; at += 20) {
    await source.getAccessToken()
    await world.clock.advance(20)
  }
  expect(requests).toBeLessThanOrEqual(20)
})

test('disaster recovery hosts are tried if the first host cannot be reached', async () => {
  const { simulator } = world
  const gone = await startSimulator()
  await gone.close()
  const provider = wechatMp.extend({
    baseUrl: gone.url,
    fallbackBaseUrls: [`${simulator.url}/wechat`],
  })
  const source = world.manager().source(provider, simulator.accounts.wechat)
  expect(typeof (await source.getAccessToken())).toBe('string')
  expect(simulator.ledger.tokenRequests()).toBe(1)
  expect(wechatMpPlain.spec.fallbackBaseUrls).toContain('https://api2.weixin.qq.com')
})
