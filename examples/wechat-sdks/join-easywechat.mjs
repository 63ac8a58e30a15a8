/**
 * Makes an app of `node-easywechat` take its tokens from a source, and makes a call once more whose token WeChat rejects.
 *
 * @param {import('node-easywechat').OfficialAccount} account its config needs no secret
 * @param {import('@lingpai/core').TokenSource} app a source of `wechatMp` or `wechatMpPlain`
 */
export function joinEasywechat(account, app) {
  account.setAccessToken({
    getToken: () => app.getAccessToken(),
    toQuery: async () => ({ access_token: await app.getAccessToken() }),
  })
  const axios = account.getHttpClient().getInstance()
  const request = axios.request.bind(axios)
  axios.request = (options) => {
    const { params, data } = options
    // A form is a stream, which can be sent only once.
    if (params?.access_token === undefined || typeof data?.pipe === 'function') return request(options)
    return app.withToken((token) => request({ ...options, params: { ...params, access_token: token } }))
  }
}
