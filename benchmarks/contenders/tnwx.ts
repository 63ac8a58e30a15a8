import { AccessTokenApi, ApiConfig, ApiConfigKit, DefaultCache, HttpKit } from 'tnwx'
import { accountId, accountSecret, type Contender } from '../harness/contender.js'

/** With the default cache. Its URL is fixed, so the requests are redirected by its `HttpDelegate`. */
export const tnwx: Contender = {
  name: 'tnwx',
  fixedMarginSeconds: 9,
  open: ({ url, fetch }, accounts) => {
    const httpGet = async (target: string): Promise<unknown> => {
      const response = await fetch(target.replace('https://api.weixin.qq.com', url))
      if (!response.ok) throw new TypeError(`HTTP ${response.status}`)
      return response.json()
    }
    HttpKit.setHttpDelegate = Object.assign(Object.create(HttpKit.getHttpDelegate) as typeof HttpKit.getHttpDelegate, {
      httpGet,
    })
    ApiConfigKit.setCache = new DefaultCache()
    const configs = Array.from({ length: accounts }, (_, account) => new ApiConfig(accountId(account), accountSecret))
    for (const config of configs) ApiConfigKit.putApiConfig(config)
    return {
      getToken: async (account) => {
        ApiConfigKit.setCurrentAppId(configs[account]!.getAppId)
        return (await AccessTokenApi.getAccessToken()).getAccessToken
      },
      replaceRejected: async (account) => (await AccessTokenApi.refreshAccessToken(configs[account]!)).getAccessToken,
      // All its state is static.
      close: async () => {
        for (const config of configs) ApiConfigKit.removeApiConfig(config.getAppId)
        ApiConfigKit.setCache = new DefaultCache()
      },
    }
  },
}
