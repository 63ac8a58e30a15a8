import { request } from 'node:http'
import { qqBot } from '@lingpai/provider-qq-bot'
import { wechatMp, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { wecom } from '@lingpai/provider-wecom'
import { testClock } from '../../src/index.js'
import { demoAccounts, startSimulator } from '../../src/simulator/index.js'
import { callsOf, withSimulator } from './simulator-calls.js'

test('with a time scale of 2400, a token of two hours lives three seconds', () =>
  withSimulator({ timeScale: 2400 }, async ({ qqToken, qqApi, wechatToken, wechatApi, clock }) => {
    const first = (await qqToken()).body
    expect(first.expires_in).toBe('3')
    const plain = (await wechatToken()).body
    expect(plain.expires_in).toBe(3)
    await wechatToken()
    await clock.advance(124)
    expect((await wechatApi(plain.access_token)).body).toHaveProperty('ip_list')
    await clock.advance(1)
    expect((await wechatApi(plain.access_token)).body.errcode).toBe(40001)
    await clock.advance(2850)
    expect((await qqToken()).body).toEqual({ access_token: first.access_token, expires_in: '0.025' })
    await clock.advance(1)
    expect((await qqToken()).body.expires_in).toBe('3')
    expect((await qqApi(first.access_token)).status).toBe(200)
    await clock.advance(24)
    expect((await qqApi(first.access_token)).body.code).toBe(11244)
  }))

test('an account can have a shorter life', () =>
  withSimulator({}, async ({ qqToken, wecomToken, simulator, clock }) => {
    simulator.change('wecom', { lifeSeconds: 20 })
    expect((await wecomToken()).body.expires_in).toBe(20)
    await clock.advance(20_000)
    expect((await wecomToken()).body.expires_in).toBe(20)
    expect(simulator.ledger.tokensIssued('wecom')).toBe(2)
    expect((await qqToken()).body.expires_in).toBe('7200')
  }))

test("the platforms' time follows neither a wall jump nor stands while a machine sleeps", () =>
  withSimulator({}, async ({ qqToken, qqApi, simulator, clock }) => {
    const token = (await qqToken()).body.access_token
    clock.jumpWall(10 * 3_600_000)
    expect((await qqApi(token)).status).toBe(200)
    simulator.skipTime(3 * 3_600_000)
    expect((await qqApi(token)).body.code).toBe(11244)
  }))

test('provider() returns the provider with the address and the times of the simulator', () =>
  withSimulator({ timeScale: 2400 }, async ({ simulator, post, clock }) => {
    const scaled = simulator.provider(qqBot)
    expect(scaled.spec.baseUrl).toBe(`${simulator.url}/qq`)
    const { windowSeconds, attemptsAtSeconds, maxLifeSeconds, mode } = scaled.spec.renewal
    expect({ windowSeconds, maxLifeSeconds, mode }).toEqual({ windowSeconds: 0.025, maxLifeSeconds: 3, mode: 'sticky' })
    expect(attemptsAtSeconds).toEqual(qqBot.spec.renewal.attemptsAtSeconds.map((at) => at / 2400))
    expect(scaled.spec.perCode?.['100001']?.coolDownSeconds).toBe(0.025)
    expect(simulator.provider(wechatMp).spec.baseUrl).toBe(`${simulator.url}/wechat`)
    expect(simulator.provider(wechatMpPlain).spec.renewal.overlapSeconds).toBe(0.125)
    expect(simulator.provider(wecom).spec.baseUrl).toBe(`${simulator.url}/wecom`)
    expect(simulator.scaled({ mode: 'rotate', marginSeconds: 24 })).toEqual({ mode: 'rotate', marginSeconds: 0.01 })
    const stranger = { ...qqBot, id: 'stranger' }
    expect(() => simulator.provider(stranger)).toThrow('stranger has no simulated platform')
    const { url, json } = scaled.spec.request(demoAccounts.qq)
    await expect(post(`/qq${url}`, json)).resolves.toMatchObject({ body: { expires_in: '3' } })
    await clock.advance(0)
  }))

test('a thousand concurrent requests get one token', () =>
  withSimulator({}, async ({ wecomToken, simulator }) => {
    const replies = await Promise.all(Array.from({ length: 1000 }, () => wecomToken()))
    expect(new Set(replies.map(({ body }) => body.access_token)).size).toBe(1)
    expect(simulator.ledger.tokenRequests()).toBe(1000)
    expect(simulator.ledger.tokensIssued()).toBe(1)
  }))

test('the simulator rejects a body above 64 KiB', () =>
  withSimulator({}, async ({ simulator, send }) => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const call = request(`${simulator.url}/qq/app/getAppAccessToken`, { method: 'POST' }, (reply) => {
        resolve(reply.statusCode)
      })
      call.on('error', reject)
      call.write(Buffer.alloc(65 * 1024))
    })
    expect(status).toBe(413)
    expect(simulator.ledger.entries).toEqual([])
    expect((await send('/_sim/health')).status).toBe(200)
  }))

test('a path outside the platforms is not found', () =>
  withSimulator({}, async ({ send }) => {
    for (const path of ['/', '/stranger/x', '/qq', '//', '/_sim/unknown']) expect((await send(path)).status).toBe(404)
    expect((await send('/')).text).toBe('404 page not found')
  }))

test('close() cuts idle connections and frees the port', async () => {
  const clock = testClock()
  const first = await startSimulator({ clock })
  await callsOf(first, clock).qqToken()
  await first.close()
  await expect(fetch(first.url)).rejects.toThrow('fetch failed')
  const again = await startSimulator({ clock, port: Number(new URL(first.url).port) })
  expect(again.url).toBe(first.url)
  await again.close()
})

test('the client address that the platforms see can be set', () =>
  withSimulator({ clientIp: '198.51.100.7' }, async ({ stableToken, simulator }) => {
    simulator.change('wechat', { ipAllow: [] })
    expect((await stableToken()).body.errmsg).toMatch(/^invalid ip 198\.51\.100\.7 ipv6 ::ffff:198\.51\.100\.7, not in/)
  }))

test('the simulator also runs on the real clock', async () => {
  const simulator = await startSimulator({ timeScale: 72_000 })
  try {
    const calls = callsOf(simulator, testClock())
    const token = (await calls.wecomToken()).body.access_token
    const startedAtMs = performance.now()
    while ((await calls.wecomApi(token)).body.errcode === 0) expect(performance.now() - startedAtMs).toBeLessThan(5000)
    expect(performance.now() - startedAtMs).toBeGreaterThan(50)
  } finally {
    await simulator.close()
  }
})

test.each([
  [{ timeScale: 0 }, 'timeScale'],
  [{ accounts: { qq: [{ appId: '', clientSecret: 'x' }] } }, 'has no appId'],
  [{ accounts: { wechat: [{ appId: 'wx1', appSecret: '' }] } }, 'has no appSecret'],
  [
    {
      accounts: {
        qq: [
          { appId: '1', clientSecret: 'x' },
          { appId: '1', clientSecret: 'y' },
        ],
      },
    },
    'is a duplicate',
  ],
])('bad options are refused: %j', async (options, text) => {
  await expect(startSimulator(options)).rejects.toThrow(text)
})

test('an unknown or invalid setting is rejected and changes nothing', () =>
  withSimulator({}, async ({ simulator, qqToken }) => {
    expect(() => simulator.change('qq', { lifeSecond: 5 } as never)).toThrow('no setting lifeSecond')
    expect(() => simulator.change('qq', { lifeSeconds: 0 })).toThrow('lifeSeconds is malformed')
    expect(() => simulator.change('qq', { secret: 'new', ipAllow: '127.0.0.1' as never })).toThrow(
      'ipAllow is malformed',
    )
    expect((await qqToken()).body.expires_in).toBe('7200')
  }))
