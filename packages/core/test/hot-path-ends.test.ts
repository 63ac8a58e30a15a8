import type { CacheChange, IAccessTokenCache, TokenSource } from '@lingpai/core'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { plainCache } from './plain-cache.js'
import { openWorld, second, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

/** Puts a source on the hot path. @returns the promise that every caller is given there */
async function heat(source: TokenSource): Promise<{ readonly promise: Promise<string> }> {
  await world.clock.runUntil(source.getAccessToken())
  const promise = source.getAccessToken()
  expect(source.getAccessToken()).toBe(promise)
  return { promise }
}

/** A store that other processes share, and that reports what they write. */
function sharedCache() {
  const { cache: plain, stored } = plainCache()
  const listeners = new Set<(change: CacheChange) => void>()
  const cache: IAccessTokenCache = {
    ...plain,
    reach: 'fleet',
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  /** Another process changes the record of a token. */
  const write = (value: string, changes: object): void => {
    const [key = '', text = ''] = [...stored].find(([, entry]) => entry.includes(value)) ?? []
    stored.set(key, JSON.stringify({ ...(JSON.parse(text) as object), ...changes }))
    for (const listener of listeners) listener({ key })
  }
  return { cache, write }
}

test('a token that was cleared is not served on the hot path', async () => {
  const source = world.source('qq')
  const { promise } = await heat(source)
  await source.clear()
  const next = source.getAccessToken()
  expect(next).not.toBe(promise)
  await world.clock.runUntil(next)
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})

test('a token that another process replaced leaves the hot path as soon as the cache reports it', async () => {
  const { cache, write } = sharedCache()
  const source = world.source('wechatPlain', world.manager({ cache }))
  const { promise } = await heat(source)
  await world.clock.advance(100)
  write(await promise, { access_token: 'PLANTED-TOKEN-renewed', generation: 2 })
  await world.clock.settle()
  expect(await source.getAccessToken()).toBe('PLANTED-TOKEN-renewed')
})

test('a token that another process marked as rejected leaves the hot path as soon as the cache reports it', async () => {
  const { cache, write } = sharedCache()
  const source = world.source('wechatPlain', world.manager({ cache }))
  const { promise } = await heat(source)
  await world.clock.advance(100)
  world.simulator.revoke(await promise)
  write(await promise, { rejectedCode: 40001 })
  await world.clock.settle()
  expect(await world.clock.runUntil(source.getAccessToken())).not.toBe(await promise)
})

test('the token of a secret that the vault has replaced is not served on the hot path', async () => {
  const { simulator, clock } = world
  const { appId, appSecret } = simulator.accounts.wechat
  const answers = [Promise.resolve(appSecret)]
  const source = world.manager().source(simulator.provider(wechatMp), {
    appId,
    appSecret: () => answers.at(-1) ?? '',
  })
  await heat(source)
  simulator.change(simulator.accounts.wechat, { secret: 'PLANTED-SECRET-rotated' })
  let answer = (_: string): void => undefined
  answers.push(new Promise((resolve) => (answer = resolve)))
  await clock.advance(10 * second)
  const renewed = source.refresh()
  await clock.settle()
  const { promise } = await heat(source)
  simulator.revoke(await promise)
  simulator.fault({ endpoint: 'token', latencyMs: second })
  answer('PLANTED-SECRET-rotated')
  await clock.settle()
  const next = source.getAccessToken()
  expect(next).not.toBe(promise)
  const { value } = await clock.runUntil(renewed)
  expect(await next).toBe(value)
  expect(value).not.toBe(await promise)
})

test('a token that was under way when the secret changed is not served on the hot path', async () => {
  const { simulator, clock } = world
  const { appId, appSecret } = simulator.accounts.wechat
  let current = appSecret
  let deliver = (): void => undefined
  const delivered = new Promise<void>((resolve) => (deliver = resolve))
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const response = await globalThis.fetch(input, init)
    const { pathname } = new URL(input instanceof Request ? input.url : input)
    if (pathname.includes('token')) await delivered
    return response
  }
  const source = world.manager({ fetch }).source(simulator.provider(wechatMp), { appId, appSecret: () => current })
  const pending = source.getAccessToken()
  await clock.advance(6 * second)
  current = 'PLANTED-SECRET-rotated'
  simulator.change(simulator.accounts.wechat, { secret: current })
  await source.requestWithSecret(({ appId: id = '', appSecret: secret = '' }) => ({
    method: 'GET',
    url: '/sns/jscode2session',
    query: { appid: id, secret, js_code: 'code-1', grant_type: 'authorization_code' },
  }))
  deliver()
  await clock.runUntil(pending)
  expect(simulator.ledger.tokenRequests()).toBe(1)
  await clock.runUntil(source.getAccessToken())
  expect(simulator.ledger.tokenRequests()).toBe(2)
})

test('the hot path ends when a request begins that may end the token, also if it was opened a moment before', async () => {
  const { cache: plain } = plainCache()
  let letGo: (() => void) | undefined
  let isHeld = false
  const cache: IAccessTokenCache = {
    ...plain,
    get: async (key) => {
      if (isHeld && key.endsWith(':failure')) await new Promise<void>((resolve) => (letGo = resolve))
      return plain.get(key)
    },
  }
  const source = world.source('wechatPlain', world.manager({ cache }))
  await heat(source)
  isHeld = true
  world.simulator.fault({ endpoint: 'token', latencyMs: 5 * second })
  const refreshed = source.refresh()
  await world.clock.settle()
  const { promise } = await heat(source)
  isHeld = false
  letGo?.()
  await world.clock.settle()
  const next = source.getAccessToken()
  await world.clock.runUntil(refreshed)
  expect(next).not.toBe(promise)
})
