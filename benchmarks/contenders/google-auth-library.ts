import { OAuth2Client } from 'google-auth-library'
import { accountId, accountSecret, type Contender } from '../harness/contender.js'

/** An OAuth2 client with a refresh token. */
export const googleAuthLibrary: Contender = {
  name: 'google-auth-library',
  open: ({ url }, accounts) => {
    const clients = Array.from({ length: accounts }, (_, account) => {
      const client = new OAuth2Client({
        clientId: accountId(account),
        clientSecret: accountSecret,
        endpoints: { oauth2TokenUrl: `${url}/oauth2/token` },
        eagerRefreshThresholdMillis: 1000,
      })
      client.setCredentials({ refresh_token: 'PLANTED-SECRET-refresh' })
      return client
    })
    const tokenOf = async (account: number): Promise<string> => (await clients[account]!.getAccessToken()).token ?? ''
    return {
      getToken: tokenOf,
      replaceRejected: (account) => {
        clients[account]!.setCredentials({ refresh_token: 'PLANTED-SECRET-refresh' })
        return tokenOf(account)
      },
    }
  },
}
