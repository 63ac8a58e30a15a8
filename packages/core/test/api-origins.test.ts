import { apiOriginsOf } from '../src/replay/api-origins.js'
import { defineProvider, type ProviderSpec } from '../src/index.js'

interface Credentials {
  readonly id: string
  readonly secret: string
}

const spec: ProviderSpec<Credentials> = {
  id: 'toy',
  source: { url: 'https://example.com/', readOn: '2026-11-28' },
  account: ['id'],
  secrets: ['secret'],
  renewal: { mode: 'independent' },
  response: { token: 'token', expiresIn: 'expires', code: ['code'], message: 'message' },
  placement: { in: 'query', name: 'token' },
  errors: { token: {}, api: {} },
  request: ({ id }) => ({ method: 'GET', url: `https://${id}.example.com:8443/token` }),
}

const originsOf = (changes: Partial<ProviderSpec<Credentials>>): readonly string[] =>
  apiOriginsOf(defineProvider({ ...spec, ...changes }).spec, { ids: { id: 'tenant' } })

test('the API origins of an account are those of its base URLs and of extend(), without duplicates', () => {
  expect(
    originsOf({
      baseUrl: 'https://token.example.com/prefix',
      apiBaseUrl: 'https://api.example.com',
      apiOrigins: ['https://api.example.com/', 'http://127.0.0.1:8080'],
    }),
  ).toEqual(['https://token.example.com', 'https://api.example.com', 'http://127.0.0.1:8080'])
})

test('the API origin of a provider without a base is that of its token request, scheme and port included', () => {
  expect(originsOf({})).toEqual(['https://tenant.example.com:8443'])
})
