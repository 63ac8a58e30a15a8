/**
 * Makes an `OAuth2Client` of `google-auth-library` take its tokens from a source, and makes a call once more whose token is rejected.
 *
 * The `refreshHandler` is not told which token was rejected, and by the time it is called, another caller may have replaced it. So the
 * rejected token is reported where it was sent.
 *
 * @param {import('google-auth-library').OAuth2Client} client
 * @param {import('@lingpai/core').TokenSource} source
 */
export function joinGoogleAuth(client, source) {
  client.refreshHandler = async () => {
    const { value, expiresAtMs } = await source.getRecord()
    return { access_token: value, expiry_date: expiresAtMs }
  }
  client.forceRefreshOnFailure = true
  const { transporter } = client
  const request = transporter.request.bind(transporter)
  transporter.request = async (options) => {
    const token = /^Bearer (.+)$/.exec(options.headers?.get('authorization') ?? '')?.[1]
    try {
      return await request(options)
    } catch (error) {
      // RFC 6750: other errors, and a 401 for another reason, are not about the token.
      const isRejected = /invalid_token/.test(error.response?.headers.get('www-authenticate') ?? '')
      if (isRejected && token !== undefined) await source.reportRejected(token)
      throw error
    }
  }
}
