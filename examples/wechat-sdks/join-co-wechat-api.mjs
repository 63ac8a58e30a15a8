/**
 * Makes an API of `co-wechat-api` take its tokens from a source, and makes a call once more whose token WeChat rejects.
 *
 * @param {import('co-wechat-api')} api of the app; it needs no secret
 * @param {import('@lingpai/core').TokenSource} app a source of `wechatMp` or `wechatMpPlain`
 */
export function joinCoWechatApi(api, app) {
  const { request } = api
  api.getToken = async () => {
    const { value, expiresAtMs } = await app.getRecord()
    return { accessToken: value, expireTime: expiresAtMs }
  }
  // Otherwise it requests a token itself, which ends the one that all others use.
  api.tokenFromCustom = true
  api.request = async (url, options) => {
    const isOfApp = url.includes('access_token=') && options?.stream === undefined
    if (!isOfApp) return request.call(api, url, options)
    return app.withToken(async (token) => {
      try {
        return await request.call(api, url.replace(/(?<=access_token=)[^&]*/, token), options)
      } catch (error) {
        throw Object.assign(error, { errcode: error.code })
      }
    })
  }
}
