import { inspect } from 'node:util'
import type { SecretRequestBuilder } from '@lingpai/core'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { openWorld, second, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const login: SecretRequestBuilder = ({ appId = '', appSecret = '' }) => ({
  method: 'GET',
  url: '/sns/jscode2session',
  query: { appid: appId, secret: appSecret, js_code: 'code-1', grant_type: 'authorization_code' },
})

test('a login carries the secret, and the platform’s response is returned unchanged', async () => {
  const { status, text } = await world.source('wechat').requestWithSecret(login)
  expect(status).toBe(200)
  expect(JSON.parse(text)).toEqual({ session_key: expect.any(String) as string, openid: expect.any(String) as string })
  expect(world.simulator.ledger.tokenRequests()).toBe(0)
})

test('a secret that the platform reports as wrong at a login is fetched again, once', async () => {
  const { simulator, clock } = world
  const { appId, appSecret } = simulator.accounts.wechat
  let [current, asked] = [appSecret, 0]
  const source = world.manager().source(simulator.provider(wechatMp), {
    appId,
    appSecret: () => {
      asked += 1
      return current
    },
  })
  await source.requestWithSecret(login)
  current = 'PLANTED-SECRET-rotated'
  simulator.change('wechat', { secret: current })
  await clock.advance(10 * second)
  expect(JSON.parse((await source.requestWithSecret(login)).text)).toHaveProperty('openid')
  expect(asked).toBe(2)
  // The vault still has the wrong one: the platform's own response is returned.
  simulator.change('wechat', { secret: 'PLANTED-SECRET-rotated-again' })
  await clock.advance(10 * second)
  expect(JSON.parse((await source.requestWithSecret(login)).text)).toMatchObject({ errcode: 40125 })
  expect(asked).toBe(3)
})

test('a response that quotes the secret is masked', async () => {
  const { simulator } = world
  const { appSecret } = simulator.accounts.wechat
  simulator.fault({ endpoint: 'api', body: { errcode: 40029, errmsg: `invalid code, secret ${appSecret}` } })
  const { text } = await world.source('wechat').requestWithSecret(login)
  expect(JSON.parse(text)).toEqual({ errcode: 40029, errmsg: 'invalid code, secret ***' })
})

test('a platform that cannot be reached is a TransportError without the secret', async () => {
  const { simulator } = world
  simulator.fault({ drop: 'before', times: 10 })
  const failed: unknown = await world
    .source('wechat')
    .requestWithSecret(login)
    .catch((error: unknown) => error)
  expect(failed).toMatchObject({ code: 'ERR_LINGPAI_TRANSPORT', retryable: true })
  expect(inspect(failed, { depth: 10, showHidden: true })).not.toContain(simulator.accounts.wechat.appSecret)
})

test('a login without a response ends after the timeout', async () => {
  world.simulator.fault({ endpoint: 'api', hang: true })
  const pending = world.source('wechat').requestWithSecret(login)
  await expect(world.clock.runUntil(pending)).rejects.toMatchObject({
    code: 'ERR_LINGPAI_TRANSPORT',
    details: { phase: 'timeout' },
  })
})

test('a builder that throws is a ConfigError without the secret', async () => {
  const { appSecret } = world.simulator.accounts.wechat
  const failed: unknown = await world
    .source('wechat')
    .requestWithSecret(({ appSecret: secret = '' }) => {
      throw new TypeError(`bad ${secret}`)
    })
    .catch((error: unknown) => error)
  expect(failed).toMatchObject({ code: 'ERR_LINGPAI_CONFIG', details: { field: 'build' } })
  expect(inspect(failed, { depth: 10, showHidden: true })).not.toContain(appSecret)
})

test('a caller’s signal ends the request with its reason', async () => {
  world.simulator.fault({ endpoint: 'api', hang: true })
  const ending = new AbortController()
  const pending = world.source('wechat').requestWithSecret(login, { signal: ending.signal })
  ending.abort(new TypeError('enough'))
  await expect(pending).rejects.toThrow('enough')
})
