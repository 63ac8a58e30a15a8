/**
 * Calls a client of `@alicloud/dingtalk`, which leaves tokens to its users. A call that is rejected for its token runs once more with
 * another one. All callers share the request for that.
 *
 * @template H, R
 * @param {import('@lingpai/core').TokenSource} app a source of `dingtalk`, `dingtalkUnified` or `dingtalkCorp`
 * @param {new (map: { xAcsDingtalkAccessToken: string }) => H} Headers the headers of the call: `ListAllAppHeaders`
 * @param {(headers: H) => Promise<R>} call such as `(headers) => client.listAllAppWithOptions(headers, runtime)`
 * @returns {Promise<R>}
 */
export function withHeaders(app, Headers, call) {
  return app.withToken((token) => call(new Headers({ xAcsDingtalkAccessToken: token })))
}
