// npm run example:oauth-sdks: clients of Azure and Google alone and with Lingpai, on a local server. It counts token requests and failed
// calls, and exits with code 1 if a count differs from the expected one.
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createEmptyPipeline,
  createPipelineRequest,
} from '@azure/core-rest-pipeline'
import { OAuth2Client } from 'google-auth-library'
import { countPrograms } from '../count-programs.mjs'
import { azureBridge } from './azure-bridge.mjs'
import { joinGoogleAuth } from './join-google-auth.mjs'
import { localOAuth2 } from './local-oauth2.mjs'

const server = await localOAuth2()
const requestToken = async () => {
  const response = await fetch(`${server.url}/token`, { method: 'POST' })
  const { access_token, expires_in } = await response.json()
  return { access_token, expiry_date: Date.now() + expires_in * 1000 }
}

const http = createDefaultHttpClient()
/** Azure's policies send tokens to `https:` only; the local server has no certificate. */
const withoutTls = {
  sendRequest: (request) => {
    request.url = request.url.replace('https://api.example.com', server.url)
    request.allowInsecureConnection = true
    return http.sendRequest(request)
  },
}
/** A client of Azure: each has a pipeline of its own. */
const azureClient = ({ credential, policy }) => {
  const pipeline = createEmptyPipeline()
  const scopes = 'https://api.example.com/.default'
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes }), { phase: 'Sign' })
  if (policy !== undefined) pipeline.addPolicy(policy, { afterPhase: 'Sign' })
  return async () => {
    const request = createPipelineRequest({ url: 'https://api.example.com/items' })
    const { status } = await pipeline.sendRequest(withoutTls, request)
    if (status !== 200) throw status
  }
}
const azureClients = (open) => {
  const clients = new Map()
  return (index) => {
    const call = clients.get(index) ?? azureClient(open())
    clients.set(index, call)
    return call()
  }
}
const ownCredential = () => ({
  credential: {
    getToken: async () => {
      const { access_token, expiry_date } = await requestToken()
      return { token: access_token, expiresOnTimestamp: expiry_date }
    },
  },
})

const googleClient = (refreshHandler, options) => {
  const client = new OAuth2Client(options)
  client.refreshHandler = refreshHandler
  return client
}
const callOf = (client) => () => client.request({ url: `${server.url}/items` })
const refreshHandlerOf = (source) => async () => {
  const { value, expiresAtMs } = await source.getRecord()
  return { access_token: value, expiry_date: expiresAtMs }
}

await countPrograms(
  {
    'Azure, one client with a credential of its own': {
      expected: [1, 0, 0, 50],
      start: () => azureClient(ownCredential()),
    },
    'Azure, 50 clients with credentials of their own': {
      expected: [50, 0, 0, 50],
      start: () => azureClients(ownCredential),
    },
    'Azure, 50 clients with the credential of azureBridge()': {
      expected: [1, 0, 0, 50],
      start: (source) => azureClients(() => ({ credential: azureBridge(source).credential })),
    },
    'Azure, 50 clients with azureBridge()': {
      expected: [1, 0, 1, 0],
      start: (source) => azureClients(() => azureBridge(source)),
    },
    'OAuth2Client with a refreshHandler of its own': {
      expected: [50, 0, 0, 50],
      start: () => callOf(googleClient(requestToken)),
    },
    'OAuth2Client with that and forceRefreshOnFailure': {
      expected: [50, 0, 50, 0],
      start: () => callOf(googleClient(requestToken, { forceRefreshOnFailure: true })),
    },
    'OAuth2Client with a refreshHandler that asks the source': {
      expected: [1, 0, 0, 50],
      start: (source) => callOf(googleClient(refreshHandlerOf(source))),
    },
    'OAuth2Client with joinGoogleAuth()': {
      expected: [1, 0, 1, 0],
      start: (source) => {
        const client = new OAuth2Client()
        joinGoogleAuth(client, source)
        return callOf(client)
      },
    },
  },
  {
    source: (tokens) => tokens.source(server.provider, { clientId: 'app', clientSecret: 'PLANTED-SECRET' }),
    tokenRequests: server.tokenRequests,
    revoke: server.revoke,
  },
)
server.close()
