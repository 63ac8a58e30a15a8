import type { Simulator } from '@lingpai/testing/simulator'
import { withHome, type Ran } from './sandbox-home.js'

const lineOf = ({ stdout }: Ran, check: string): string =>
  stdout.split('\n').find((line) => line.slice(6).startsWith(`${check}:`)) ?? ''

/** Environment of DingTalk's demo app, under the names of both pages of the console. */
function envOf({ url, accounts: { dingtalk } }: Simulator): Readonly<Record<string, string>> {
  return {
    DINGTALK_APP_KEY: dingtalk.appKey,
    DINGTALK_APP_SECRET: dingtalk.appSecret,
    DINGTALK_CORP_ID: 'dingdec0decorp000001',
    DINGTALK_CLIENT_ID: dingtalk.appKey,
    DINGTALK_CLIENT_SECRET: dingtalk.appSecret,
    DINGTALK_BASE_URL: `${url}/dingtalk`,
  }
}

/** A configuration of an account for each kind of token. */
function configuration({ url, accounts: { dingtalk } }: Simulator, corpId = 'dingdec0decorp000001'): string {
  const common = `appKey: ${dingtalk.appKey}, secretEnv: DINGTALK_APP_SECRET, baseUrl: "${url}/dingtalk"`
  const unified = `corpId: ${corpId}, clientId: ${dingtalk.appKey}, secretEnv: DINGTALK_CLIENT_SECRET, baseUrl: "${url}/dingtalk"`
  return `accounts:
  app: { provider: dingtalk, ${common} }
  old: { provider: dingtalk-old, ${common} }
  corp: { provider: dingtalk-unified, ${unified} }
`
}

test('variables configure an account of DingTalk', () =>
  withHome(async ({ run, simulator }) => {
    const { code, stdout } = await run(['token', 'dingtalk'], { env: envOf(simulator) })
    expect([code, stdout]).toEqual([0, expect.stringContaining('dingtalk:dingdec0de0000000001')])
  }))

test('init writes a configuration with each kind of token, with the ids of the environment', () =>
  withHome(async ({ run, simulator }) => {
    const env = envOf(simulator)
    expect((await run(['init', '--provider', 'dingtalk,dingtalk-unified,dingtalk-old'], { env })).code).toBe(0)
    const { json } = await run(['status', '--json'], { env })
    expect(json['accounts']).toMatchObject([
      { account: 'dingtalk', provider: 'dingtalk' },
      { account: 'dingtalk-unified' },
      { account: 'dingtalk-old' },
    ])
  }))

test('doctor finds that each kind of token works', () =>
  withHome(async ({ run, write, simulator }) => {
    await write('lingpai.yaml', configuration(simulator))
    const ran = await run(['doctor'], { env: envOf(simulator) })
    expect(ran.code).toBe(0)
    expect(lineOf(ran, 'app works')).toBe('ok    app works: GET /v1.0/microApp/allApps accepts the token')
    expect(lineOf(ran, 'old works')).toBe('ok    old works: POST /microapp/list accepts the token')
    expect(lineOf(ran, 'corp works')).toMatch(/^ok/)
  }))

test('doctor says to check the CorpId if DingTalk fails for it, after one request', () =>
  withHome(async ({ run, write, simulator }) => {
    await write('lingpai.yaml', configuration(simulator, 'ding0'))
    const ran = await run(['doctor', 'corp'], { env: envOf(simulator) })
    expect(ran.code).toBe(3)
    expect(lineOf(ran, 'corp token')).toMatch(/^fail .*unknownError 未知错误.* → Check the CorpId/)
    expect(simulator.ledger.tokenRequests()).toBe(1)
  }))

test('doctor names the IPv6 address to add to the list of the app', () =>
  withHome(
    async ({ run, write, simulator }) => {
      simulator.change('dingtalk', { ipAllow: ['203.0.113.7'] })
      await write('lingpai.yaml', configuration(simulator))
      const ran = await run(['doctor'], { env: envOf(simulator) })
      for (const account of ['app', 'old', 'corp']) {
        expect(lineOf(ran, `${account} works`)).toMatch(/^fail .*→ Add 2001:db8::7 to the server egress IPs/)
      }
      const { json } = await run(['doctor', 'app', '--json'], { env: envOf(simulator) })
      expect(json['checks']).toContainEqual(expect.objectContaining({ check: 'works', ip: '2001:db8::7' }))
    },
    { clientIp: '2001:db8::7' },
  ))
