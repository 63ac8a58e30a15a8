import { ClientCredentials, type AccessToken } from 'simple-oauth2'
import { accountId, accountSecret, type Contender } from '../harness/contender.js'

/** Client credentials. The program keeps the `AccessToken` and asks for another after `expired()`, as the documentation shows. */
export const simpleOauth2: Contender = {
  name: 'simple-oauth2',
  open: ({ url }, accounts) => {
    const clients = Array.from(
      { length: accounts },
      (_, account) =>
        new ClientCredentials({
          client: { id: accountId(account), secret: accountSecret },
          auth: { tokenHost: url, tokenPath: '/oauth2/token' },
        }),
    )
    const tokens: (AccessToken | undefined)[] = Array.from({ length: accounts })
    const fetchNext = async (account: number): Promise<AccessToken> => {
      const next = await clients[account]!.getToken({})
      tokens[account] = next
      return next
    }
    return {
      getToken: async (account) => {
        let token = tokens[account]
        if (token === undefined || token.expired(1)) token = await fetchNext(account)
        return String(token.token['access_token'])
      },
      replaceRejected: async (account) => String((await fetchNext(account)).token['access_token']),
    }
  },
}
