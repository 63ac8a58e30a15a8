import WechatApi from 'co-wechat-api'
import { accountId, accountSecret, type Contender } from '../harness/contender.js'

/** Keeps the token in memory. `ensureAccessToken` is what each of its API calls begins with. */
export const coWechatApi: Contender = {
  name: 'co-wechat-api',
  fixedMarginSeconds: 10,
  open: ({ url }, accounts) => {
    const apis = Array.from({ length: accounts }, (_, account) => {
      const api = new WechatApi(accountId(account), accountSecret)
      api.prefix = `${url}/cgi-bin/`
      return api
    })
    return {
      getToken: async (account) => (await apis[account]!.ensureAccessToken()).accessToken,
      // As its own requests do after error 40001.
      replaceRejected: async (account) => {
        await apis[account]!.saveToken(null)
        return (await apis[account]!.getAccessToken()).accessToken
      },
    }
  },
}
