import { ConfigError } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { minute, openWorld, second, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

test('a secret function is called once for a thousand callers, and not again while its secret works', async () => {
  const { simulator } = world
  let asked = 0
  const clientSecret = async (): Promise<string> => {
    asked += 1
    await Promise.resolve()
    return ` ${simulator.accounts.qq.clientSecret}\n`
  }
  const source = world.manager().source(simulator.provider(qqBot), { appId: simulator.accounts.qq.appId, clientSecret })
  const tokens = await Promise.all(Array.from({ length: 1000 }, () => source.getAccessToken()))
  expect(new Set(tokens).size).toBe(1)
  await world.clock.advance(7200 * second)
  await source.getAccessToken()
  expect(asked).toBe(1)
})

test('a secret that upstream reports as wrong is fetched again, and the new one is tried at once', async () => {
  const { simulator, clock } = world
  const { appId, appSecret } = simulator.accounts.wechat
  let current = appSecret
  let asked = 0
  const secret = (): string => {
    asked += 1
    return current
  }
  const source = world.manager().source(simulator.provider(wechatMp), { appId, appSecret: secret })
  await source.getAccessToken()
  simulator.change(simulator.accounts.wechat, { secret: 'PLANTED-SECRET-rotated' })
  current = 'PLANTED-SECRET-rotated'
  await clock.advance(2 * 7200 * second)
  const tokens = await clock.runUntil(Promise.all(Array.from({ length: 100 }, () => source.getAccessToken())))
  expect(new Set(tokens).size).toBe(1)
  expect(asked).toBe(2)
  expect(simulator.ledger.tokenRequests()).toBe(3)
})

test('a forced refresh also fetches the secret again if upstream reports it as wrong', async () => {
  const { simulator, clock } = world
  const { appId, appSecret } = simulator.accounts.wechat
  let current = appSecret
  const source = world.manager().source(simulator.provider(wechatMp), { appId, appSecret: () => current })
  await source.getAccessToken()
  simulator.change(simulator.accounts.wechat, { secret: 'PLANTED-SECRET-rotated' })
  current = 'PLANTED-SECRET-rotated'
  await clock.advance(minute)
  await source.refresh()
  expect(simulator.ledger.tokenRequests()).toBe(3)
  expect(source.status().state).toBe('valid')
})

test('a wrong secret costs one request in ten minutes, and the vault is not called for every caller', async () => {
  const { simulator, clock } = world
  let asked = 0
  const source = world.manager().source(simulator.provider(wechatMp), {
    appId: simulator.accounts.wechat.appId,
    appSecret: () => {
      asked += 1
      return 'PLANTED-SECRET-wrong'
    },
  })
  for (let at = 0; at < 9 * minute; at += second) {
    await expect(source.getAccessToken()).rejects.toMatchObject({ details: { errorClass: 'credential-invalid' } })
    await clock.advance(second)
  }
  expect(simulator.ledger.tokenRequests()).toBe(1)
  expect(asked).toBeLessThan(9 * 13)
})

test('two secrets of one app share neither a refresh nor a record', async () => {
  const { simulator } = world
  const manager = world.manager()
  const provider = simulator.provider(qqBot)
  const good = manager.source(provider, simulator.accounts.qq)
  const bad = manager.source(provider, { ...simulator.accounts.qq, clientSecret: 'PLANTED-SECRET-wrong' })
  expect(bad).not.toBe(good)
  const [token, error] = await Promise.all([
    good.getAccessToken(),
    bad.getAccessToken().catch((reason: unknown) => reason),
  ])
  expect(typeof token).toBe('string')
  expect(error).toMatchObject({ details: { errorClass: 'credential-invalid' } })
  expect(bad.peek()).toBeUndefined()
})

test('a secret function that fails or returns nothing is a ConfigError without its text', async () => {
  const { simulator } = world
  const { appId } = simulator.accounts.qq
  const manager = world.manager()
  const broken = manager.source(simulator.provider(qqBot), {
    appId,
    clientSecret: () => Promise.reject(new ConfigError('secret=PLANTED-SECRET-in-words')),
  })
  const error: unknown = await broken.getAccessToken().catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'ERR_LINGPAI_UNAVAILABLE', retryable: true, details: { field: 'clientSecret' } })
  expect(JSON.stringify(error)).not.toContain('PLANTED-SECRET')
  for (const nothing of ['', '  ', undefined as unknown as string]) {
    const source = manager.source(simulator.provider(qqBot), { appId, clientSecret: () => nothing })
    await expect(source.getAccessToken()).rejects.toMatchObject({
      details: { field: 'clientSecret', problem: 'empty' },
    })
  }
})

test('a vault that hangs is abandoned after timeoutMs, and called again later', async () => {
  const { simulator, clock } = world
  let isStuck = true
  const source = world.manager({ timeoutMs: 1000 }).source(simulator.provider(qqBot), {
    appId: simulator.accounts.qq.appId,
    clientSecret: () => (isStuck ? new Promise<string>(() => undefined) : simulator.accounts.qq.clientSecret),
  })
  await expect(clock.runUntil(source.getAccessToken())).rejects.toMatchObject({
    code: 'ERR_LINGPAI_UNAVAILABLE',
    retryable: true,
  })
  isStuck = false
  expect(typeof (await source.getAccessToken())).toBe('string')
})

test('the result of a secret function is validated like any other secret', async () => {
  const { simulator } = world
  const clientSecret = (): string => 'two\nlines'
  const source = world.manager().source(simulator.provider(qqBot), { appId: '1', clientSecret })
  await expect(source.getAccessToken()).rejects.toMatchObject({
    details: { field: 'clientSecret', problem: 'malformed' },
  })
  expect(simulator.ledger.tokenRequests()).toBe(0)
})
