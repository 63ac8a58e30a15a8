// npm run example:dingtalk-sdks: the packages of DingTalk alone and with Lingpai, on a simulated platform. It counts token requests and
// failed calls, and exits with code 1 if a count differs from the expected one.
import oauth from '@alicloud/dingtalk/oauth2_1_0'
import microApp from '@alicloud/dingtalk/micro_app_1_0'
import { Config } from '@alicloud/openapi-client'
import axios from 'axios'
import { DWClient } from 'dingtalk-stream'
import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager } from '@lingpai/core'
import { dingtalk } from '@lingpai/provider-dingtalk'
import { startSimulator } from '@lingpai/testing/simulator'
import { localPlatform } from './local-platform.mjs'
import { StreamClient } from './stream-client.mjs'
import { withHeaders } from './with-headers.mjs'

const callers = 50
const simulator = await startSimulator()
const platform = await localPlatform(simulator.url)
const { appKey, appSecret } = simulator.accounts.dingtalk
const path = '/v1.0/microApp/allApps'

// dingtalk-stream has the URL of its token request in its code.
axios.defaults.httpsAgent = platform.agent
const credentials = { clientId: appKey, clientSecret: appSecret }
const config = new Config({ protocol: 'http', endpoint: platform.endpoint })

/** A call as programs of `dingtalk-stream` send it, with an HTTP client of their own. */
const post = async (token) => {
  const response = await fetch(`${simulator.url}/dingtalk${path}`, {
    headers: { 'x-acs-dingtalk-access-token': token },
  })
  if (!response.ok) throw await response.json()
}

/** A call by `@alicloud/dingtalk`. */
const apps = new (microApp.default ?? microApp)(config)
const { ListAllAppHeaders } = microApp
const listApps = (headers) => apps.listAllAppWithOptions(headers, {})
const tokens = new (oauth.default ?? oauth)(config)
const requestToken = async () => {
  const { body } = await tokens.getAccessToken(new oauth.GetAccessTokenRequest({ appKey, appSecret }))
  return body?.accessToken ?? ''
}

/** How a program calls an API, and the expected counts: token requests and failed calls, cold and after the token was revoked. */
const programs = {
  'dingtalk-stream alone': {
    expected: [50, 0, 50, 0],
    start: () => {
      const client = new DWClient(credentials)
      return async () => post(await client.getAccessToken())
    },
  },
  'dingtalk-stream with StreamClient, calls that report no rejection': {
    expected: [1, 0, 0, 50],
    start: (app) => {
      const client = new StreamClient(credentials, app)
      return async () => post(await client.getAccessToken())
    },
  },
  'dingtalk-stream with StreamClient, calls by withToken()': {
    expected: [1, 0, 1, 0],
    start: (app) => {
      const client = new StreamClient(credentials, app)
      return () => app.withToken(async () => post(await client.getAccessToken()))
    },
  },
  '@alicloud/dingtalk alone, a token for each call': {
    expected: [50, 0, 50, 0],
    start: () => async () => listApps(new ListAllAppHeaders({ xAcsDingtalkAccessToken: await requestToken() })),
  },
  '@alicloud/dingtalk alone, one token kept': {
    expected: [1, 0, 0, 50],
    start: () => {
      let kept
      return async () => listApps(new ListAllAppHeaders({ xAcsDingtalkAccessToken: await (kept ??= requestToken()) }))
    },
  },
  '@alicloud/dingtalk with withHeaders()': {
    expected: [1, 0, 1, 0],
    start: (app) => () => withHeaders(app, ListAllAppHeaders, listApps),
  },
}

/** Runs a call 50 times at once. @returns the number of token requests and of failed calls */
async function storm(call) {
  const before = simulator.ledger.tokenRequests()
  const outcomes = await Promise.allSettled(Array.from({ length: callers }, call))
  const failed = outcomes.filter(({ status }) => status === 'rejected').length
  return { requests: simulator.ledger.tokenRequests() - before, failed }
}

const rows = []
for (const [name, { start, expected }] of Object.entries(programs)) {
  const manager = new TokenManager({ cache: memoryCache() })
  const call = start(manager.source(simulator.provider(dingtalk), { appKey, appSecret }))
  simulator.revoke('dingtalk')
  const cold = await storm(call)
  simulator.revoke('dingtalk')
  const revoked = await storm(call)
  rows.push({ name, expected, counts: [cold.requests, cold.failed, revoked.requests, revoked.failed] })
  await manager.close()
}
platform.close()
await simulator.close()

console.log(`${callers} callers at once. Token requests and failed calls, cold, and after the token was revoked:`)
for (const { name, counts, expected } of rows) {
  const isExpected = String(counts) === String(expected)
  console.log(`${isExpected ? 'ok  ' : 'FAIL'} ${name.padEnd(66)} ${counts.join('  ')}`)
  if (!isExpected) process.exitCode = 1
}
