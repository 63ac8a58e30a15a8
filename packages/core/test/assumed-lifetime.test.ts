import type { LingpaiEvents, TokenSource } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'
import { corpTicket, wecom } from '@lingpai/provider-wecom'
import { wechatMp, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { memoryCache } from '@lingpai/cache-memory'
import { errorOf, reply, scriptedPlatform, toyAccount, type ScriptedPlatform } from './scripted-platform.js'

let platform: ScriptedPlatform
beforeEach(async () => {
  platform = await scriptedPlatform()
})
afterEach(() => platform.close())

const second = 1000

/** One caller every 20 ms for two seconds. @returns the result of each */
async function callForTwoSeconds(source: TokenSource): Promise<readonly unknown[]> {
  const got: unknown[] = []
  for (let atMs = 0; atMs < 2 * second; atMs += 20) {
    got.push(
      await platform.clock.runUntil(
        source.getAccessToken().catch((error: unknown) => error),
        { limitMs: 19 },
      ),
    )
    await platform.clock.advance(20)
  }
  return got
}

/** Responds with a token and with a piece of JSON as `expires_in`; `undefined` omits it. */
function answerWith(life: string | undefined, token: () => string = () => 'the-token'): void {
  platform.answer((_, response) => {
    response.end(`{"access_token":"${token()}"${life === undefined ? '' : `,"expires_in":${life}`}}`)
  })
}

const unreadable = ['"abc"', '""', '"7200s"', '{}', '[]', '[7200]', 'true', '1e309', '"Infinity"']

const untold: readonly (readonly [problem: string, life: string | undefined])[] = [
  ['missing', undefined],
  ['missing', 'null'],
  ...unreadable.map((life) => ['unreadable', life] as const),
]

test.each(untold)(
  'a lifetime that is %s (%s) gives a token for five minutes, one request and one event',
  async (problem, life) => {
    answerWith(life)
    const events: LingpaiEvents['lifetime-assumed'][] = []
    const source = platform.source(platform.manager({ hooks: { 'lifetime-assumed': (event) => events.push(event) } }))
    const startMs = platform.clock.now()
    expect(new Set(await callForTwoSeconds(source))).toEqual(new Set(['the-token']))
    expect(platform.requests()).toBe(1)
    expect(await source.getRecord()).toMatchObject({ expiresAtMs: startMs + 300 * second })
    expect(events).toMatchObject([{ generation: 1, reason: 'cold', problem, expiresAtMs: startMs + 300 * second }])
    expect(JSON.stringify(events)).not.toContain('the-token')
  },
)

test.each(['0', '-5', '"0"', '" -5 "', '-1e309', '0.5', '"0.01"', '1e-3', '-0'])(
  'a lifetime of %s is a typed error: at most three requests in two seconds, then the cool-down',
  async (life) => {
    answerWith(life)
    const source = platform.source()
    for (const error of await callForTwoSeconds(source))
      expect(error).toMatchObject({
        code: 'ERR_LINGPAI_MALFORMED_RESPONSE',
        details: { problem: 'bad-expires-in' },
        retryable: true,
        hint: expect.any(String) as string,
      })
    expect(platform.requests()).toBeLessThanOrEqual(3)
    platform.answer(undefined)
    await platform.clock.advance(60 * second)
    expect(await source.getAccessToken()).toBe('token-1')
  },
)

test.each([
  ['HTML', '<html>'],
  ['no token', '{}'],
  ['a list', '[]'],
  ['half a JSON', '{"access_token":'],
])('a response of %s causes three requests at most in two seconds', async (_, body) => {
  platform.answer(reply(body))
  for (const error of await callForTwoSeconds(platform.source()))
    expect(error).toMatchObject({ code: 'ERR_LINGPAI_MALFORMED_RESPONSE' })
  expect(platform.requests()).toBeLessThanOrEqual(3)
})

const renewals = {
  'QQ bot': qqBot.spec.renewal,
  'WeChat stable_token': wechatMp.spec.renewal,
  'WeChat cgi-bin/token': wechatMpPlain.spec.renewal,
  WeCom: wecom.spec.renewal,
  'a WeCom ticket': corpTicket.spec.renewal,
}

for (const [name, renewal] of Object.entries(renewals)) {
  test(`${name}: a platform that never reports a lifetime gets few requests, and no caller waits once there is a token`, async () => {
    const { clock } = platform
    const isRepeating = renewal.mode === 'sticky'
    const bornAtMs = clock.now()
    answerWith(undefined, () =>
      isRepeating ? `life-${Math.floor((clock.now() - bornAtMs) / 7200_000)}` : `token-${platform.requests()}`,
    )
    const source = platform.manager().source(platform.provider.extend({ renewal }), toyAccount)
    await source.getAccessToken()
    let waited = 0
    for (let turn = 0; turn < 720; turn += 1) {
      if (source.peek() === undefined) waited += 1
      await clock.runUntil(source.getAccessToken())
      await clock.advance(10 * second)
    }
    expect(waited).toBe(0)
    // Two hours: every two and a half minutes at most.
    expect(platform.requests()).toBeGreaterThan(20)
    expect(platform.requests()).toBeLessThanOrEqual(50)
  })
}

test('a reported lifetime takes precedence over a guess, whether it is reported before or after it', async () => {
  const { clock, provider } = platform
  const renewal = { mode: 'sticky', windowSeconds: 60, attemptsAtSeconds: [50, 10], minIntervalSeconds: 5 } as const
  const source = platform.manager().source(provider.extend({ renewal }), toyAccount)
  answerWith('7200')
  const { expiresAtMs } = await source.getRecord()
  answerWith(undefined)
  await clock.advance(1000 * second)
  expect(await source.refresh()).toMatchObject({ value: 'the-token', expiresAtMs, generation: 1 })
  expect(source.status()).toMatchObject({ expiresAtMs })
  answerWith('"soon"', () => 'the-next')
  const guessed = await source.refresh()
  expect(guessed.expiresAtMs).toBe(clock.now() + 300 * second)
  answerWith('7000', () => 'the-next')
  await clock.advance(100 * second)
  expect(await source.refresh()).toMatchObject({ generation: 2, expiresAtMs: clock.now() + 7000 * second })
  await clock.advance(6000 * second)
  expect(source.peek()).toBe('the-next')
})

test('a guessed lifetime is shared: the same token from upstream prolongs it in all processes that share the cache', async () => {
  const { clock, provider } = platform
  const cache = memoryCache({ clock })
  const renewal = { mode: 'sticky', windowSeconds: 60, attemptsAtSeconds: [50], minIntervalSeconds: 5 } as const
  const [first, second_] = [0, 1].map(() =>
    platform.manager({ cache }).source(provider.extend({ renewal }), toyAccount),
  ) as [TokenSource, TokenSource]
  answerWith(undefined)
  await first.getAccessToken()
  await second_.getAccessToken()
  await clock.advance(200 * second)
  const { expiresAtMs } = await first.refresh()
  expect(expiresAtMs).toBe(clock.now() + 300 * second)
  await clock.advance(150 * second)
  expect(await clock.runUntil(second_.getAccessToken())).toBe('the-token')
  expect(await errorOf(second_.getAccessToken())).toBeUndefined()
})

test('defaultLifeSeconds is the life of a token without a lifetime, limited by maxLifeSeconds', async () => {
  const { clock, provider } = platform
  answerWith(undefined)
  const own = provider.extend({ renewal: { defaultLifeSeconds: 900 } })
  const { issuedAtMs, expiresAtMs } = await platform.manager().source(own, toyAccount).getRecord()
  expect(expiresAtMs - issuedAtMs).toBe(900 * second)
  expect(issuedAtMs).toBe(clock.now())
})
