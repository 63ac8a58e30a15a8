/**
 * The two parts with which clients of Azure take their tokens from a source:
 * `new SecretClient(url, credential, { additionalPolicies: [{ policy, position: 'perRetry' }] })`.
 *
 * The credential alone brings one token for all clients and processes. Each client then keeps it until its expiry, so only the policy, which
 * sees the responses, can replace a token that a service rejects.
 *
 * @param {import('@lingpai/core').TokenSource} source
 * @returns {{ credential: import('@azure/core-auth').TokenCredential, policy: import('@azure/core-rest-pipeline').PipelinePolicy }}
 */
export function azureBridge(source) {
  const credential = {
    async getToken() {
      const { value, expiresAtMs } = await source.getRecord()
      return { token: value, expiresOnTimestamp: expiresAtMs }
    },
  }
  const policy = {
    name: 'lingpai',
    async sendRequest(request, next) {
      const send = (token) => {
        request.headers.set('Authorization', `Bearer ${token}`)
        return next(request)
      }
      const token = await source.getAccessToken()
      const response = await send(token)
      // RFC 6750: other errors, and a 401 for another reason, are not about the token.
      if (!/invalid_token/.test(response.headers.get('WWW-Authenticate') ?? '')) return response
      const other = await source.reportRejected(token)
      const isStream = typeof request.body?.pipe === 'function' || typeof request.body?.getReader === 'function'
      return other === token || isStream ? response : send(other)
    },
  }
  return { credential, policy }
}
