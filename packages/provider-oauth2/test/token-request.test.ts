import { oauth2, oauth2Server, presets, type OAuth2Options } from '@lingpai/provider-oauth2'

const tokenUrl = 'https://login.example.com/oauth2/token'
const credentials = { clientId: 'a client:1', clientSecret: 'PLANTED-SECRET &+é' }

const requestOf = (
  options: OAuth2Options & { readonly clientAuthentication?: 'client_secret_basic' | 'client_secret_post' },
) => oauth2(options).spec.request(credentials)

test('by default, the client is in a Basic header, both parts encoded for a form, and the grant in a form', () => {
  expect(requestOf({ tokenUrl })).toEqual({
    method: 'POST',
    url: '/oauth2/token',
    form: { grant_type: 'client_credentials' },
    headers: { authorization: `Basic ${btoa('a+client%3A1:PLANTED-SECRET+%26%2B%C3%A9')}` },
  })
})

test('a secret among the parameters of a program is a ConfigError, under the name that the server has for it', () => {
  const parameterNames = { id: 'appid', secret: 'appsecret' }
  for (const name of ['appsecret', 'client_secret'])
    expect(() => oauth2({ tokenUrl, parameterNames, parameters: { [name]: 'PLANTED' } })).toThrow(
      expect.objectContaining({ details: { field: 'parameters', problem: 'conflict' } }),
    )
})

test('scopes, audience, resource and free parameters are sent as they are given', () => {
  const clientAuthentication = 'client_secret_post'
  const options = { tokenUrl, clientAuthentication, audience: 'https://api', resource: 'urn:r' } as const
  const { form } = requestOf({ ...options, scope: ['a', 'b:c'], parameters: { organization: 'o' } })
  expect(form).toEqual({
    grant_type: 'client_credentials',
    scope: 'a b:c',
    audience: 'https://api',
    resource: 'urn:r',
    organization: 'o',
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
  })
  expect(requestOf({ tokenUrl, scope: 'a b' }).form).toMatchObject({ scope: 'a b' })
  expect(requestOf({ tokenUrl, scope: [] }).form).not.toHaveProperty('scope')
})

test('a signed assertion is sent beside the id of the client', () => {
  const provider = oauth2({ tokenUrl, clientAuthentication: 'private_key_jwt' })
  const request = provider.spec.request({ clientId: 'c', clientAssertion: 'a.b.c' })
  expect(request).toEqual({
    method: 'POST',
    url: '/oauth2/token',
    form: {
      grant_type: 'client_credentials',
      client_id: 'c',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'a.b.c',
    },
  })
  expect(provider.spec).toMatchObject({ account: ['clientId'], secrets: [], volatile: ['clientAssertion'] })
})

test('the query of a token endpoint is kept', () => {
  expect(requestOf({ tokenUrl: `${tokenUrl}?realm=a%20b` })).toMatchObject({
    url: '/oauth2/token',
    query: { realm: 'a b' },
  })
})

test('a field stands in the URL encoded, and in a parameter as it is', () => {
  const provider = oauth2({
    tokenUrl: 'https://login.example.com/{tenant}/token',
    fields: ['tenant'],
    parameters: { of: 'tenant {tenant} {clientSecret} {constructor}' },
  })
  expect(provider.spec.request({ ...credentials, tenant: 'a/../b?c' })).toMatchObject({
    url: 'https://login.example.com/a%2F..%2Fb%3Fc/token',
    form: { of: 'tenant a/../b?c {clientSecret} {constructor}' },
  })
})

test('a preset is a server as its page describes it', () => {
  const zoom = oauth2(presets.zoom).spec.request({ ...credentials, accountId: 'acc' })
  expect(zoom.form).toEqual({ grant_type: 'account_credentials', account_id: 'acc' })
  const entra = oauth2({ ...presets.entra, scope: 'https://graph.microsoft.com/.default' })
  expect(entra.spec.request({ ...credentials, tenantId: 't1' })).toMatchObject({
    url: 'https://login.microsoftonline.com/t1/oauth2/v2.0/token',
    form: { scope: 'https://graph.microsoft.com/.default', client_id: credentials.clientId },
  })
  const okta = oauth2({ ...presets.okta, scope: 'okta.users.read' })
  expect(okta.spec.request({ clientId: 'c', clientAssertion: 'j', domain: 'acme.okta.com' })).toMatchObject({
    url: 'https://acme.okta.com/oauth2/v1/token',
    form: { client_assertion: 'j' },
  })
  expect(oauth2(presets.baidu).spec.request(credentials)).toEqual({
    method: 'POST',
    url: '/oauth/2.0/token',
    query: {
      grant_type: 'client_credentials',
      client_id: credentials.clientId,
      client_secret: credentials.clientSecret,
    },
  })
  expect(oauth2(presets.douyin).spec.request(credentials)).toEqual({
    method: 'POST',
    url: '/oauth/stable_client_token/',
    json: {
      grant_type: 'client_credential',
      client_key: credentials.clientId,
      client_secret: credentials.clientSecret,
    },
  })
})

test.each([
  ['http://login.example.com/token', 'must be an https URL'],
  ['https://user@login.example.com/token', 'must be an https URL'],
  ['https://login.example.com/token#here', 'must be an https URL'],
  ['login.example.com/token', 'must be an https URL'],
  ['', 'must be an https URL'],
  ['https://{tenant}.example.com/token', 'has the place {tenant}'],
])('a token endpoint %s is a ConfigError that says why', (url, text) => {
  expect(() => oauth2({ tokenUrl: url })).toThrow(text)
  expect(() => oauth2({ tokenUrl: url })).toThrow(
    expect.objectContaining({ details: { field: 'tokenUrl', problem: 'malformed' } }),
  )
})

test.each(['https://login.example.com/token', 'http://localhost:8080/token', 'http://127.0.0.1/t', 'http://[::1]:1/t'])(
  'a token endpoint %s is accepted',
  (url) => {
    expect(() => oauth2({ tokenUrl: url })).not.toThrow()
    expect(oauth2Server.spec.pattern?.['tokenUrl']?.test(url)).toBe(true)
  },
)

test('an account with a token endpoint that is not encrypted is malformed', () => {
  const { tokenUrl: pattern } = oauth2Server.spec.pattern ?? {}
  for (const url of ['http://login.example.com/t', 'http://localhost.example.com/t', 'https://a@b/t', 'ftp://x/t', 'x'])
    expect(pattern?.test(url)).toBe(false)
})
