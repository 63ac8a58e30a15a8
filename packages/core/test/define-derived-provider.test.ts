import { defineProvider, type Provider, type ProviderSpec } from '@lingpai/core'
import { errorOf, toy, type ToyCredentials } from './scripted-platform.js'

const { rebased: _rebased, parent: _parent, ...described } = toy.spec

const ticket: ProviderSpec<ToyCredentials> = {
  ...described,
  kind: 'ticket',
  parent: toy,
  placement: { in: 'nowhere' },
  errors: { token: { 'token-invalid': [40001], 'token-expired': [42001] }, api: {} },
}
const problemOf = (changes: Partial<ProviderSpec<ToyCredentials>>): unknown =>
  errorOf(Promise.resolve().then(() => defineProvider({ ...ticket, ...changes })))
const wrong = (field: string, text: RegExp): object => ({
  code: 'ERR_LINGPAI_CONFIG',
  message: expect.stringMatching(text) as string,
  details: { field, problem: 'malformed' },
})

test('a ticket derived from the app’s token is a valid provider', () => {
  expect(defineProvider(ticket)).toMatchObject({ id: 'toy', kind: 'ticket', spec: { parent: toy } })
})

test('a parent with other credentials is a ConfigError', async () => {
  const parent = defineProvider<{ appId: string; key: string }>({
    ...described,
    account: ['appId'],
    secrets: ['key'],
    volatile: [],
    env: {},
    request: () => ({ method: 'GET', url: '/token' }),
  }) as unknown as Provider<ToyCredentials>
  expect(await problemOf({ parent })).toMatchObject(wrong('parent', /parent has other secrets: key/))
})

test('a derived provider of its parent’s kind is a ConfigError: ticket and token would share a key', async () => {
  expect(await problemOf({ kind: 'app' })).toMatchObject(wrong('kind', /differ from that of the parent/))
})

test('a token that no call carries needs a parent, and cannot be one', async () => {
  const { parent: _, ...orphan } = ticket
  expect(await errorOf(Promise.resolve().then(() => defineProvider(orphan)))).toMatchObject(
    wrong('placement', /needs a parent/),
  )
  expect(await problemOf({ kind: 'ticket-of-a-ticket', parent: defineProvider(ticket) })).toMatchObject(
    wrong('parent', /no call carries/),
  )
})

test('a token error that is not one of the parent is a ConfigError: it could not be reported', async () => {
  const errors = { token: { 'token-invalid': [40001, 49999] }, api: {} }
  expect(await problemOf({ errors })).toMatchObject(wrong('errors.token', /code 49999/))
  const provider = defineProvider(ticket)
  expect(() => provider.extend({ errors: { token: { 'token-invalid': [49999] } } })).toThrow(/code 49999/)
})

test('a derived token is requested from the API: its base and the parent’s API base follow apiBaseUrl', () => {
  const apiBaseUrl = 'https://api.example.com'
  const { spec } = defineProvider(ticket).extend({ apiBaseUrl })
  expect(spec).toMatchObject({ baseUrl: apiBaseUrl, rebased: true })
  expect(spec.parent?.spec).toMatchObject({ baseUrl: toy.spec.baseUrl, apiBaseUrl, rebased: false })
  const both = defineProvider(ticket).extend({ baseUrl: 'https://token.example.com', apiBaseUrl }).spec
  expect([both.baseUrl, both.parent?.spec.baseUrl]).toEqual([apiBaseUrl, 'https://token.example.com'])
})

test('extend() passes a base on to the parent, and accepts another parent', () => {
  const baseUrl = 'https://proxy.example.com/prefix'
  const provider = defineProvider(ticket).extend({ baseUrl, apiBaseUrl: 'https://api.example.com' })
  expect(provider.spec.parent?.spec).toMatchObject({ baseUrl, apiBaseUrl: 'https://api.example.com', rebased: true })
  const parent = toy.extend({ renewal: { marginSeconds: 5 } })
  const other = defineProvider(ticket).extend({ parent })
  expect(other.spec.parent).toBe(parent)
  expect(other.extend({ baseUrl }).spec.parent?.spec).toMatchObject({ baseUrl, renewal: { marginSeconds: 5 } })
  expect(() => toy.extend({ parent })).toThrow(/derived from no other token/)
})

test.each([
  ['rotate', 3600, /mode sticky/],
  ['sticky', 600, /longer than the first/],
  ['sticky', 0, /above 0/],
  ['sticky', Number.NaN, /above 0/],
] as const)('mode %s with trustSeconds %d is a ConfigError', async (mode, trustSeconds, text) => {
  const renewal = { mode, trustSeconds, attemptsAtSeconds: [600] }
  expect(await problemOf({ renewal })).toMatchObject(wrong('renewal.trustSeconds', text))
})
