import { defineProvider, type Provider } from '@lingpai/core'
import {
  reply,
  scriptedPlatform,
  toy,
  toyAccount,
  type ScriptedPlatform,
  type ToyCredentials,
} from './scripted-platform.js'

let platform: ScriptedPlatform
beforeEach(async () => {
  platform = await scriptedPlatform()
})
afterEach(() => platform.close())

/** Its calls take the token in a header, those below `/old` in the query, and those below `/old/new` in another header. */
function twoWays(): Provider<ToyCredentials> {
  return defineProvider<ToyCredentials>({
    ...toy.spec,
    baseUrl: platform.url,
    placement: { in: 'header', name: 'x-token' },
    placementAt: {
      [`${platform.url}/old`]: { in: 'query', name: 'access_token' },
      [`${platform.url}/old/new/`]: { in: 'header', name: 'authorization', scheme: 'Bearer' },
    },
  })
}

test.each([
  ['/call', { 'x-token': 'token-1' }, null],
  ['/older', { 'x-token': 'token-1' }, null],
  ['/old', {}, 'token-1'],
  ['/old/call?a=1', {}, 'token-1'],
  ['/old/new/call', { authorization: 'Bearer token-1' }, null],
] as const)('a call of %s carries the token where the longest base takes it', async (path, headers, query) => {
  const source = platform.manager().source(twoWays(), toyAccount)
  await source.getAccessToken()
  let got: Record<string, unknown> = {}
  platform.answer((request, response) => {
    const { authorization, 'x-token': token } = request.headers
    got = { ...(authorization && { authorization }), ...(token && { 'x-token': token }) }
    reply({})(request, response)
  })
  await source.fetch(path)
  expect(got).toEqual(headers)
  expect(new URL(platform.seen.at(-1)?.url ?? '', platform.url).searchParams.get('access_token')).toBe(query)
})

test('extend() adds exceptions', () => {
  const { placementAt = {} } = twoWays().extend({ placementAt: { 'https://b.example.com': { in: 'nowhere' } } }).spec
  expect(Object.keys(placementAt)).toEqual([`${platform.url}/old`, `${platform.url}/old/new/`, 'https://b.example.com'])
})

test.each(['api.example.com', 'https://api.example.com?x=1'])('a base that is no URL is a ConfigError: %s', (base) => {
  expect(() => toy.extend({ placementAt: { [base]: { in: 'query', name: 'a' } } })).toThrow(/placementAt must be/)
})
