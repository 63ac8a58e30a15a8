import type { TokenManager, TokenSource } from '@lingpai/core'
import { TokenManager as Manager } from '@lingpai/core'
import { memoryCache } from '@lingpai/cache-memory'
import type { TokenServerClientOptions } from '../src/index.js'
import { nowhere, openClientWorld, type ClientWorld } from './client-world.js'

let world: ClientWorld
let manager: TokenManager
let direct: TokenSource

beforeEach(async () => {
  world = await openClientWorld()
  manager = new Manager({ cache: memoryCache({ clock: world.clock }), clock: world.clock, random: () => 0.5 })
  direct = manager.source(world.providers.bot, world.simulator.accounts.qq)
})

afterEach(async () => {
  await manager.close()
  await world.close()
})

const requests = () => world.simulator.ledger.tokenRequests()
const source = (options: Partial<TokenServerClientOptions> = {}) =>
  world.client({ fallback: () => direct, ...options }).source('bot', { provider: world.providers.bot })

test('without a fallback, a client never sends a request to the platform', async () => {
  const call = source({ url: nowhere, fallback: () => undefined }).getAccessToken()
  await expect(world.clock.runUntil(call)).rejects.toMatchObject({ code: 'ERR_LINGPAI_TRANSPORT' })
  expect(requests()).toBe(0)
})

test('without a server, the fallback gives one token to all callers', async () => {
  const bot = source({ url: nowhere })
  const tokens = await Promise.all(Array.from({ length: 50 }, () => bot.getAccessToken()))
  expect(new Set(tokens)).toEqual(new Set([await direct.getAccessToken()]))
  expect(requests()).toBe(1)
  expect((await bot.fetch('/gateway')).status).toBe(200)
})

test('the fallback stays unused while the last token of the server is usable', async () => {
  const bot = source()
  const { expiresAtMs, value } = await bot.getRecord()
  await world.stopServer()
  await world.clock.advance(expiresAtMs - world.clock.now() - 40_000)
  expect(await bot.getAccessToken()).toBe(value)
  await world.clock.advance(20_000)
  expect(await bot.getAccessToken()).toBe(value)
  expect(requests()).toBe(1)
  await world.clock.advance(15_001)
  expect(await bot.getAccessToken()).toBe(await direct.getAccessToken())
})

test('an error response of the server does not trigger the fallback', async () => {
  const stranger = source({ key: `lpk_0123456789_${'x'.repeat(43)}` })
  await expect(stranger.getAccessToken()).rejects.toMatchObject({ details: { platformCode: 'ERR_UNAUTHENTICATED' } })
  world.simulator.fault({ times: 3, body: { code: 100016, message: 'invalid appid or secret' } })
  await expect(world.clock.runUntil(source().getAccessToken())).rejects.toMatchObject({ code: 'ERR_LINGPAI_PLATFORM' })
  await manager.close()
  expect(world.simulator.ledger.tokensIssued()).toBe(0)
})

test('a server that hangs leaves time for the fallback', async () => {
  const hanging: typeof fetch = (_, init) =>
    new Promise((_resolve, reject) =>
      init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error)),
    )
  const bot = source({ fetch: hanging, timeoutMs: 10_000 })
  const call = bot.getAccessToken()
  expect(await world.clock.runUntil(call, { limitMs: 6000 })).toBe(await direct.getAccessToken())
})

test('a rejected token of the fallback is replaced by the fallback', async () => {
  const bot = source({ url: nowhere })
  const first = await bot.getAccessToken()
  world.simulator.revoke(world.simulator.accounts.qq)
  expect((await bot.fetch('/gateway')).status).toBe(200)
  expect(bot.peek()).not.toBe(first)
  expect(requests()).toBe(2)
})

test('a failure of the fallback reaches the caller with its code and class', async () => {
  world.simulator.fault({ platform: 'qq', times: 5, body: { code: 100017, message: 'ip not in whitelist' } })
  const bot = source({ url: nowhere })
  const error = await world.clock.runUntil(bot.getAccessToken()).catch((thrown: unknown) => thrown)
  const own = await direct.getAccessToken().catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'ERR_LINGPAI_PLATFORM', details: { platformCode: 100017 } })
  expect((error as { details: { errorClass: string } }).details.errorClass).toBe(
    (own as { details: { errorClass: string } }).details.errorClass,
  )
})

test("a restarted server's token replaces the token of the fallback", async () => {
  await world.stopServer()
  const bot = source()
  await bot.getAccessToken()
  await world.own('bot').refresh()
  await world.startServer()
  await world.clock.advance(60_000)
  expect((await bot.getRecord()).generation).toBe((await world.own('bot').getRecord()).generation)
})

test('the client logs each use of the fallback, without the token or the key', async () => {
  const lines: string[] = []
  const note = (message: string, fields?: object) => void lines.push(message + JSON.stringify(fields))
  const logger = { debug: note, info: note, warn: note, error: note }
  const token = await source({ url: nowhere, logger }).getAccessToken()
  expect(lines.join('\n')).toContain('using the fallback{"account":"bot"}')
  expect(lines.join('\n')).not.toContain(token)
  expect(lines.join('\n')).not.toContain(world.key())
})
