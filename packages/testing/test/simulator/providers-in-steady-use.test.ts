import { TokenManager, type IAccessTokenCache, type Provider, type ResolvedCredentials } from '@lingpai/core'
import { dingtalk } from '@lingpai/provider-dingtalk'
import { feishu, feishuOAuth } from '@lingpai/provider-feishu'
import { qqBot } from '@lingpai/provider-qq-bot'
import { wechatMp, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { wecom } from '@lingpai/provider-wecom'
import { testClock } from '@lingpai/testing'
import { demoAccounts, startSimulator } from '@lingpai/testing/simulator'

const lives = 2
const lifeSeconds = 7200

function mapCache(): IAccessTokenCache {
  const entries = new Map<string, string>()
  return {
    get: (key) => entries.get(key),
    set: (key, value) => void entries.set(key, value),
    remove: (key) => void entries.delete(key),
  }
}

interface Use {
  readonly tokenRequests: number
  /** Calls that met no usable token in memory, the first one included. */
  readonly waits: number
  readonly dead: number
  readonly failed: number
}

/** Calls an API every minute, and every second from shortly before the first refresh ahead, for two lives. */
async function steadyUse<C>(provider: Provider<C>, credentials: ResolvedCredentials<C>, random: number): Promise<Use> {
  const clock = testClock()
  await using simulator = await startSimulator({ clock })
  await using tokens = new TokenManager({ cache: mapCache(), clock, random: () => random })
  const source = tokens.source(simulator.provider(provider), credentials)
  const watchedMs = ((provider.spec.renewal.attemptsAtSeconds[0] ?? 0) + 15) * 1000
  const counts = { waits: 0, failed: 0 }
  for (const endsAtMs = clock.now() + lives * lifeSeconds * 1000; clock.now() < endsAtMs;) {
    if (source.peek() === undefined) counts.waits += 1
    const reply = await source.fetch(provider.spec.probe?.url ?? '/')
    if (reply.status !== 200) counts.failed += 1
    await reply.arrayBuffer()
    const leftMs = (await source.getRecord()).expiresAtMs - clock.now()
    await clock.advance(leftMs - 60_000 > watchedMs ? 60_000 : 1000)
  }
  return { ...counts, tokenRequests: simulator.ledger.tokenRequests(), dead: simulator.ledger.deadPresented() }
}

const jitters = [0, 1]

// The last of them is the one that begins the life after.
const best: Use = { tokenRequests: lives + 1, waits: 1, dead: 0, failed: 0 }

test.each(jitters)('QQ: one request for each token, and only the first caller waits (jitter %d)', async (random) => {
  expect(await steadyUse(qqBot, demoAccounts.qq, random)).toEqual(best)
})

test.each(jitters)(
  'WeChat, stable: one request for each token, only the first caller waits (jitter %d)',
  async (random) => {
    expect(await steadyUse(wechatMp, demoAccounts.wechat, random)).toEqual(best)
  },
)

test.each(jitters)(
  'WeChat, plain: one request for each token, only the first caller waits (jitter %d)',
  async (random) => {
    expect(await steadyUse(wechatMpPlain, demoAccounts.wechat, random)).toEqual(best)
  },
)

test.each(jitters)('Feishu: one request for each token, only the first caller waits (jitter %d)', async (random) => {
  expect(await steadyUse(feishu, demoAccounts.feishu, random)).toEqual(best)
})

test.each(jitters)(
  'Feishu, OAuth: one request for each token, only the first caller waits (jitter %d)',
  async (random) => {
    expect(await steadyUse(feishuOAuth, demoAccounts.feishu, random)).toEqual(best)
  },
)

test.each(jitters)('DingTalk: one request for each life, only the first caller waits (jitter %d)', async (random) => {
  expect(await steadyUse(dingtalk, demoAccounts.dingtalk, random)).toEqual(best)
})

// It has no new token to give before the old one is over: an early try, one at the margin, and the one that brings it.
test.each(jitters)(
  'WeCom: three requests for each token, and none too early to be blocked (jitter %d)',
  async (random) => {
    const { tokenRequests, waits, ...harm } = await steadyUse(wecom, demoAccounts.wecom, random)
    expect(harm).toEqual({ dead: 0, failed: 0 })
    expect(tokenRequests).toBeLessThanOrEqual(3 * lives + 1)
    expect(waits).toBeLessThanOrEqual(2 * lives + 1)
  },
)
