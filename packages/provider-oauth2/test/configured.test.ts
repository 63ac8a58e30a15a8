import { oauth2Server } from '@lingpai/provider-oauth2'
import { oauth2ServerWith } from '../src/configured.js'

const credentials = {
  tokenUrl: 'https://login.example.com/token',
  clientId: 'c',
  clientSecret: 'PLANTED-SECRET-of-settings',
}

test('the shape of a preset applies to an account that brings its token endpoint', () => {
  const douyin = oauth2ServerWith({ preset: 'douyin' })
  expect(
    douyin.spec.request({ ...credentials, tokenUrl: 'https://open.douyin.com/oauth/stable_client_token/' }),
  ).toEqual({
    method: 'POST',
    url: 'https://open.douyin.com/oauth/stable_client_token/',
    json: { grant_type: 'client_credential', client_key: 'c', client_secret: credentials.clientSecret },
  })
  expect(douyin.spec).toMatchObject({ id: 'douyin', account: ['tokenUrl', 'clientId'], renewal: { mode: 'sticky' } })
  expect(douyin.spec.response.token).toBe('data.access_token')
})

test('settings replace those of the preset, and parameters are added to its own', () => {
  const zoom = oauth2ServerWith({ preset: 'zoom', parameters: 'account_id=a%20b&x=1', scope: 's' })
  expect(zoom.spec.request(credentials).form).toEqual({
    grant_type: 'account_credentials',
    account_id: 'a b',
    x: '1',
    scope: 's',
  })
  const entra = oauth2ServerWith({ preset: 'entra', clientAuthentication: 'client_secret_basic' })
  expect(entra.spec.request(credentials).form).toEqual({ grant_type: 'client_credentials' })
})

test.each([
  [
    { preset: 'magic' },
    'preset',
    '"preset" must be one of entra, auth0, zoom, twitch, salesforce, baidu, huawei, douyin',
  ],
  [{ preset: 'okta' }, 'preset', '"preset" must be one of'],
  [{ preset: 'constructor' }, 'preset', '"preset" must be one of'],
  [{ preset: 'zoom' }, 'parameters', '"parameters" must have account_id'],
  [
    { parameters: 'x=1&client_secret=PLANTED' },
    'parameters',
    'must not have client_secret: give the secret as the credential clientSecret (a JWT as clientAssertion), or in lingpai.yaml by secretEnv or secretFile',
  ],
  [{ parameters: 'client_assertion=PLANTED' }, 'parameters', 'must not have client_assertion'],
  [{ preset: 'douyin', parameters: 'client_secret=PLANTED' }, 'parameters', 'must not have client_secret'],
  [
    { clientAuthentication: 'private_key_jwt' },
    'clientAuthentication',
    'must be client_secret_basic or client_secret_post',
  ],
])('the settings %j are a ConfigError that names %s', (settings, field, text) => {
  expect(() => oauth2ServerWith(settings)).toThrow(text)
  expect(() => oauth2ServerWith(settings)).toThrow(
    expect.objectContaining({ details: expect.objectContaining({ field }) }),
  )
})

test('without settings it is the same account', () => {
  expect(oauth2ServerWith({}).spec.kind).toBe(oauth2Server.spec.kind)
})
