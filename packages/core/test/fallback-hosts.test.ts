import { createServer } from 'node:http'
import { TokenManager, type TokenSource } from '@lingpai/core'
import { memoryCache } from '@lingpai/cache-memory'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import {
  errorOf,
  listen,
  reply,
  scriptedPlatform,
  stop,
  toyAccount,
  type ScriptedPlatform,
} from './scripted-platform.js'

let first: ScriptedPlatform
let second: ScriptedPlatform
let managers: TokenManager[]
beforeEach(async () => {
  first = await scriptedPlatform()
  second = await scriptedPlatform()
  managers = []
})
afterEach(async () => {
  await Promise.all([first, second].map((platform) => platform.close()))
  await Promise.all(managers.map((manager) => manager.close()))
})

/** A source that tries the hosts in order. */
function sourceOver(hosts: readonly string[], fetch?: typeof globalThis.fetch): TokenSource {
  const { clock, provider } = first
  const [baseUrl = '', ...fallbackBaseUrls] = hosts
  const manager = new TokenManager({
    cache: memoryCache({ clock }),
    clock,
    random: () => 0,
    ...(fetch && { fetch }),
  })
  managers.push(manager)
  return manager.source(provider.extend({ baseUrl, fallbackBaseUrls }), toyAccount)
}

async function closedPort(): Promise<string> {
  const server = createServer()
  const url = await listen(server)
  await stop(server)
  return url
}

test('an unreachable host is skipped at once', async () => {
  const { clock } = first
  const startMs = clock.now()
  const source = sourceOver([await closedPort(), await closedPort(), `${second.url}/prefix`])
  second.answer(reply({ access_token: 'of-the-second', expires_in: 60 }))
  expect(await source.getAccessToken()).toBe('of-the-second')
  expect(clock.now()).toBe(startMs)
  expect(second.seen[0]?.url).toMatch(/^\/prefix\/token\?/)
})

test('a source whose hosts are all unreachable tries a few times and fails', async () => {
  const { clock } = first
  const hosts = [await closedPort(), await closedPort()]
  let asked = 0
  const fetch: typeof globalThis.fetch = (...args) => {
    asked += 1
    return globalThis.fetch(...args)
  }
  const error = await errorOf(clock.runUntil(sourceOver(hosts, fetch).getAccessToken()))
  expect(error).toMatchObject({ details: { phase: 'connect', systemCode: 'ECONNREFUSED' } })
  expect(asked).toBe(3)
})

test('a refresh ahead skips an unreachable host, too', async () => {
  const { clock, provider } = first
  let isDown = false
  const fetch: typeof globalThis.fetch = (input, init) =>
    isDown && String(input).startsWith(first.url)
      ? Promise.reject(Object.assign(new Error('no'), { code: 'ECONNREFUSED' }))
      : globalThis.fetch(input, init)
  const source = sourceOver([first.url, second.url], fetch)
  expect(provider.spec.fallbackBaseUrls).toEqual([])
  expect(await source.getAccessToken()).toBe('token-1')
  isDown = true
  second.answer(reply({ access_token: 'of-the-second', expires_in: 7200 }))
  await clock.advance(6900_000)
  await source.getAccessToken()
  await clock.settle()
  expect(await source.getAccessToken()).toBe('of-the-second')
})

test.each([
  ['a timeout', undefined],
  [
    'a reset',
    (_: unknown, response: { socket: { resetAndDestroy(): void } | null }) => response.socket?.resetAndDestroy(),
  ],
  ['a server error', reply('', { status: 503 })],
  ['a malformed response', reply('<html>')],
  ['a platform error', reply({ errcode: 40001 })],
  ['a redirect', reply('', { status: 302, headers: { location: 'https://elsewhere.example' } })],
] as const)('%s is never taken to another host: the request may have counted', async (_, answer) => {
  const { clock } = first
  first.answer(answer ?? ((): void => undefined))
  const source = sourceOver([first.url, second.url])
  expect(await errorOf(clock.runUntil(source.getAccessToken()))).toHaveProperty('code')
  expect(first.requests()).toBeGreaterThan(0)
  expect(second.seen).toHaveLength(0)
})

test('WeChat lists its own host first, then its disaster recovery hosts in order', () => {
  expect(wechatMp.spec.baseUrl).toBe('https://api.weixin.qq.com')
  expect(wechatMp.spec.fallbackBaseUrls?.[0]).toBe('https://api2.weixin.qq.com')
})

test('a request that cannot be built is a ConfigError, and nothing is sent', async () => {
  const { defineProvider } = await import('@lingpai/core')
  const { clock, provider } = first
  const manager = new TokenManager({ cache: memoryCache({ clock }), clock })
  managers.push(manager)
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  const broken = defineProvider<typeof toyAccount>({
    ...provider.spec,
    request: () => ({ method: 'POST', url: '/token', json: cyclic }),
  })
  expect(await errorOf(manager.source(broken, toyAccount).getAccessToken())).toMatchObject({
    code: 'ERR_LINGPAI_CONFIG',
    details: { field: 'request', problem: 'malformed' },
    cause: { name: 'TypeError' },
  })
  const relative = defineProvider<typeof toyAccount>({
    ...provider.spec,
    request: () => ({ method: 'GET', url: 'token' }),
  })
  expect(await errorOf(manager.source(relative, { ...toyAccount, appId: 'b' }).getAccessToken())).toMatchObject({
    code: 'ERR_LINGPAI_CONFIG',
    details: { field: 'baseUrl', problem: 'malformed' },
  })
  expect(first.seen).toHaveLength(0)
})
