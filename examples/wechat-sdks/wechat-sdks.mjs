// npm run example:wechat-sdks: two SDKs of WeChat alone and with Lingpai, on a simulated platform. It counts token requests and failed
// calls, and exits with code 1 if a count differs from the expected one.
import WechatApi from 'co-wechat-api'
import { OfficialAccount } from 'node-easywechat'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { startSimulator } from '@lingpai/testing/simulator'
import { countPrograms } from '../count-programs.mjs'
import { joinCoWechatApi } from './join-co-wechat-api.mjs'
import { joinEasywechat } from './join-easywechat.mjs'

const simulator = await startSimulator()
const { appId, appSecret } = simulator.accounts.wechat
const platform = `${simulator.url}/wechat`

const coWechatApi = (...callbacks) => {
  const api = new WechatApi(appId, appSecret, ...callbacks)
  api.prefix = `${platform}/cgi-bin/`
  return api
}
const getToken = (app) => async () => {
  const { value, expiresAtMs } = await app.getRecord()
  return { accessToken: value, expireTime: expiresAtMs }
}
const saveToken = async () => undefined

const easywechat = () => {
  const account = new OfficialAccount({ app_id: appId, secret: appSecret, http: { baseURL: `${platform}/` } })
  const values = new Map()
  // Its own cache puts the secret into a file name.
  return account.setCache({
    get: async (key) => values.get(key),
    has: async (key) => values.has(key),
    set: async (key, value) => Boolean(values.set(key, value)),
    delete: async (key) => values.delete(key),
  })
}
const callbackIp = async (account) => {
  const body = (await account.getClient().get('/cgi-bin/getcallbackip')).toObject()
  if (body.errcode) throw body
}

await countPrograms(
  {
    // Each of its token requests ends the tokens of other callers, and it makes up to three for a call.
    'co-wechat-api alone': {
      expected: [50, 0, [50, 150], [0, 50]],
      start: () => {
        const api = coWechatApi()
        return () => api.getIp()
      },
    },
    'co-wechat-api with the callbacks getToken and saveToken': {
      expected: [1, 0, [50, 150], [0, 50]],
      start: (app) => {
        const api = coWechatApi(getToken(app), saveToken)
        return () => api.getIp()
      },
    },
    'co-wechat-api with getToken and tokenFromCustom': {
      expected: [1, 0, 0, 50],
      start: (app) => {
        const api = coWechatApi(getToken(app), saveToken, true)
        return () => api.getIp()
      },
    },
    'co-wechat-api with joinCoWechatApi()': {
      expected: [1, 0, 1, 0],
      start: (app) => {
        const api = coWechatApi()
        joinCoWechatApi(api, app)
        return () => api.getIp()
      },
    },
    'node-easywechat alone': {
      expected: [50, 0, 0, 50],
      start: () => {
        const account = easywechat()
        return () => callbackIp(account)
      },
    },
    'node-easywechat with setAccessToken()': {
      expected: [1, 0, 0, 50],
      start: (app) => {
        const account = easywechat()
        account.setAccessToken({
          getToken: () => app.getAccessToken(),
          toQuery: async () => ({ access_token: await app.getAccessToken() }),
        })
        return () => callbackIp(account)
      },
    },
    'node-easywechat with joinEasywechat()': {
      expected: [1, 0, 1, 0],
      start: (app) => {
        const account = easywechat()
        joinEasywechat(account, app)
        return () => callbackIp(account)
      },
    },
  },
  {
    source: (tokens) => tokens.source(simulator.provider(wechatMp), simulator.accounts.wechat),
    tokenRequests: () => simulator.ledger.tokenRequests(),
    revoke: () => simulator.revoke('wechat'),
  },
)
await simulator.close()
