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
import { clientKeys, createClientKey, startTokenServer } from '@lingpai/server'
import { startSimulator } from '@lingpai/testing/simulator'
import { countPrograms } from '../count-programs.mjs'
import { localPlatform } from './local-platform.mjs'
import { StreamClient } from './stream-client.mjs'
import { withHeaders } from './with-headers.mjs'

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

/** Calls by `@alicloud/dingtalk`. */
const { ListAllAppHeaders } = microApp
const alicloud = (given, secret) => {
  const apps = new (microApp.default ?? microApp)(given)
  const tokens = new (oauth.default ?? oauth)(given)
  return {
    listApps: (headers) => apps.listAllAppWithOptions(headers, {}),
    requestToken: async () => {
      const { body } = await tokens.getAccessToken(new oauth.GetAccessTokenRequest({ appKey, appSecret: secret }))
      return body?.accessToken ?? ''
    },
  }
}
const { listApps, requestToken } = alicloud(config, appSecret)

// A token server that forwards the calls of the app. It fetches no token before the first call.
const cache = memoryCache()
const manager = new TokenManager({ cache })
const provider = simulator.provider(dingtalk)
const accounts = [{ name: 'app', provider, source: manager.source(provider, { appKey, appSecret }) }]
const { text: clientKey, key } = createClientKey({ name: 'example', role: 'reader', accounts: ['app'] }, Date.now())
const server = await startTokenServer({
  ...{ accounts, manager, cache, keys: clientKeys([key]), isKeeping: false, forward: true },
})

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
  '@alicloud/dingtalk with the endpoint of the forwarder, one token kept': {
    expected: [1, 0, 1, 0],
    start: () => {
      const forwarded = alicloud(new Config({ protocol: 'http', endpoint: new URL(server.url).host }), clientKey)
      let kept
      return async () =>
        forwarded.listApps(
          new ListAllAppHeaders({ xAcsDingtalkAccessToken: await (kept ??= forwarded.requestToken()) }),
        )
    },
  },
}

await countPrograms(programs, {
  source: (tokens) => tokens.source(provider, { appKey, appSecret }),
  tokenRequests: () => simulator.ledger.tokenRequests(),
  revoke: () => simulator.revoke('dingtalk'),
})
await server.close()
await manager.close()
platform.close()
await simulator.close()
