import { ConfidentialClientApplication } from '@azure/msal-node'
import { accountId, accountSecret, type Contender, type Upstream } from '../harness/contender.js'

interface Answer {
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  readonly status: number
}

/** Client credentials. It accepts only HTTPS authorities, so the requests are redirected by its `networkClient`. */
export const msalNode: Contender = {
  name: '@azure/msal-node',
  fixedMarginSeconds: 300,
  open: (upstream, accounts) => {
    const applications = Array.from(
      { length: accounts },
      (_, account) =>
        new ConfidentialClientApplication({
          auth: {
            clientId: accountId(account),
            clientSecret: accountSecret,
            authority: `${authorityOrigin}/tenant`,
            knownAuthorities: ['login.example'],
            authorityMetadata: metadata,
          },
          system: { networkClient: networkClient(upstream) },
        }),
    )
    const acquire = async (account: number, skipCache: boolean): Promise<string> => {
      const result = await applications[account]!.acquireTokenByClientCredential({
        scopes: ['https://api.example/.default'],
        skipCache,
      })
      return result?.accessToken ?? ''
    }
    return {
      getToken: (account) => acquire(account, false),
      replaceRejected: (account) => acquire(account, true),
    }
  },
}

const authorityOrigin = 'https://login.example'
const metadata = JSON.stringify({
  token_endpoint: `${authorityOrigin}/oauth2/token`,
  authorization_endpoint: `${authorityOrigin}/oauth2/authorize`,
  issuer: `${authorityOrigin}/tenant`,
  jwks_uri: `${authorityOrigin}/keys`,
})

function networkClient({ url, fetch }: Upstream) {
  const send = async (target: string, method: string, body?: string): Promise<Answer> => {
    const response = await fetch(target.replace(authorityOrigin, url), {
      method,
      ...(body !== undefined && { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    })
    return { headers: {}, body: await response.json(), status: response.status }
  }
  return {
    sendGetRequestAsync: (target: string) => send(target, 'GET'),
    sendPostRequestAsync: (target: string, options?: { readonly body?: string }) => send(target, 'POST', options?.body),
  }
}
