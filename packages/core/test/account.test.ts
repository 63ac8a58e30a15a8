import { defineProvider, TokenManager, type Provider } from '@lingpai/core'
import { accountName } from '@lingpai/core/internal'
import { memoryCache } from '@lingpai/cache-memory'
import { assertCredentials, cacheKey, fingerprintOf, splitCredentials } from '../src/account.js'
import { scriptedPlatform, toy, type ToyCredentials } from './scripted-platform.js'

const secret = 'S3cret-of-1'

function keyOf(credentials: object, provider: Provider<ToyCredentials> = toy): string {
  const { account, secrets } = splitCredentials(provider.spec, credentials as ToyCredentials)
  return cacheKey(account, fingerprintOf(account, secrets as Record<string, string>))
}

test('a key names provider, kind, host, ids and a fingerprint, each part encoded', () => {
  const key = keyOf({ appId: 'wx 1:/密', appSecret: secret })
  expect(key).toMatch(/^lingpai:1:toy:app:toy\.example\.com:wx%201%3A%2F%E5%AF%86:[0-9a-f]{16}$/)
  expect(key).not.toContain(secret)
})

test('every part that makes a token different makes the key different', () => {
  const keys = [
    keyOf({ appId: '1', appSecret: secret }),
    keyOf({ appId: '2', appSecret: secret }),
    keyOf({ appId: '1', appSecret: 'S3cret-of-2' }),
    keyOf({ appId: '1', appSecret: secret }, toy.extend({ baseUrl: 'https://other.example' })),
    keyOf({ appId: '1', appSecret: secret }, toy.extend({ baseUrl: 'https://toy.example.com:8443' })),
    keyOf({ appId: '1', appSecret: secret }, toy.extend({ baseUrl: 'https://toy.example.com/prefix' })),
    keyOf({ appId: '1', appSecret: secret }, defineProvider<ToyCredentials>({ ...toy.spec, id: 'toy-two' })),
    keyOf({ appId: '1', appSecret: secret }, defineProvider<ToyCredentials>({ ...toy.spec, kind: 'ticket' })),
  ]
  expect(new Set(keys).size).toBe(keys.length)
})

test('equivalent credentials have the same key', () => {
  const key = keyOf({ appId: '1', appSecret: secret })
  expect(keyOf({ appId: 1, appSecret: ` ${secret}\n` })).toBe(key)
  expect(keyOf({ appId: '1 ', appSecret: secret }, toy.extend({ baseUrl: 'https://toy.example.com/' }))).toBe(key)
  expect(keyOf({ appId: '1', appSecret: secret }, toy.extend({ renewal: { marginSeconds: 3 } }))).toBe(key)
})

test('a part of a key cannot be shifted from one field into the next', () => {
  const { parent: _, ...described } = toy.spec
  const provider = defineProvider<{ a: string; b: string; s: string; t: string }>({
    ...described,
    account: ['a', 'b'],
    secrets: ['s', 't'],
    volatile: [],
    env: {},
    request: () => ({ method: 'GET', url: '/token' }),
  })
  const keyFor = (a: string, b: string, s: string, t: string): string => {
    const { account, secrets } = splitCredentials(provider.spec, { a, b, s, t })
    return cacheKey(account, fingerprintOf(account, secrets as Record<string, string>))
  }
  const keys = [
    keyFor('x', 'y:z', 's', 't'),
    keyFor('x:y', 'z', 's', 't'),
    keyFor('x', 'y', 's;t=1:t', ''),
    keyFor('x', 'y', 's', 't'),
    keyFor('x', 'y', 'st', ''),
    keyFor('x', 'y', '', 'st'),
  ]
  expect(new Set(keys).size).toBe(keys.length)
})

test('credentials with broken Unicode have a key like any other text', () => {
  expect(() => keyOf({ appId: '\ud800', appSecret: '\udfff' })).not.toThrow()
})

test('a provider without a base takes its host from the request, whatever the secret is', async () => {
  const platform = await scriptedPlatform()
  const { baseUrl: _, ...rest } = toy.spec
  const provider = defineProvider<ToyCredentials>({
    ...rest,
    request: ({ appId, appSecret }) => ({
      method: 'GET',
      url: `${platform.url}/token`,
      query: { appid: appId, secret: appSecret },
    }),
  })
  await using manager = new TokenManager({ cache: memoryCache({ clock: platform.clock }), clock: platform.clock })
  const source = manager.source(provider, { appId: '1', appSecret: secret })
  expect(source.account.host).toBe(platform.url.replace('http://', ''))
  expect(await source.getAccessToken()).toBe('token-1')
  expect(platform.seen[0]?.url).toContain(`secret=${secret}`)
  await platform.close()
})

test('a provider with neither a base nor an absolute URL is a ConfigError', () => {
  const { baseUrl: _, ...rest } = toy.spec
  const provider = defineProvider<ToyCredentials>({ ...rest, request: () => ({ method: 'GET', url: '/token' }) })
  expect(() => splitCredentials(provider.spec, { appId: '1', appSecret: secret })).toThrow(
    expect.objectContaining({ code: 'ERR_LINGPAI_CONFIG', details: { field: 'baseUrl', problem: 'missing' } }),
  )
})

test.each([
  [{ appId: undefined, appSecret: secret }, [{ field: 'appId', problem: 'missing' }]],
  [{ appSecret: secret }, [{ field: 'appId', problem: 'missing' }]],
  [
    { appId: null, appSecret: '' },
    [
      { field: 'appId', problem: 'missing' },
      { field: 'appSecret', problem: 'empty' },
    ],
  ],
  [{ appId: ' \n', appSecret: secret }, [{ field: 'appId', problem: 'empty' }]],
  [{ appId: 'two words', appSecret: ' a secret with spaces ~!"#$%&\\ ' }, []],
  [{ appId: '1', appSecret: 'no-break\u00a0space' }, []],
  [{ appId: '1', appSecret: 'two\nlines' }, [{ field: 'appSecret', problem: 'malformed' }]],
  [{ appId: '1', appSecret: 'tab\tulator' }, [{ field: 'appSecret', problem: 'malformed' }]],
  [{ appId: '1', appSecret: 'c1\u0085' }, [{ field: 'appSecret', problem: 'malformed' }]],
  [{ appId: 'nul\u0000', appSecret: secret }, [{ field: 'appId', problem: 'malformed' }]],
  [{ appId: '\ud800', appSecret: secret }, [{ field: 'appId', problem: 'malformed' }]],
  [
    { appId: {}, appSecret: true },
    [
      { field: 'appId', problem: 'malformed' },
      { field: 'appSecret', problem: 'malformed' },
    ],
  ],
  [{ appId: Number.NaN, appSecret: secret }, [{ field: 'appId', problem: 'malformed' }]],
  [{ appId: () => '1', appSecret: secret }, [{ field: 'appId', problem: 'malformed' }]],
  [{ appId: 0, appSecret: () => secret }, []],
  [{ appId: '密', appSecret: '密钥&+%"' }, []],
])('credentials %p have the problems %p', (credentials, problems) => {
  let thrown: unknown
  try {
    assertCredentials(toy.spec, credentials)
  } catch (error) {
    thrown = error
  }
  if (problems.length === 0) {
    expect(thrown).toBeUndefined()
    return
  }
  const words = problems.map(({ field, problem }) => `${field} is ${problem}`).join(', ')
  expect(thrown).toMatchObject({ code: 'ERR_LINGPAI_CONFIG', message: `toy: ${words}`, details: problems[0] })
})

test('a credential that does not match the provider’s pattern is malformed, and its value is not shown', async () => {
  const { baseUrl = '', ...spec } = toy.spec
  const pattern = { appId: /^toy-\d+$/, appSecret: /^\S+$/ }
  const strict = defineProvider<ToyCredentials>({ ...spec, baseUrl, pattern })
  expect(() => assertCredentials(strict.spec, { appId: 'toy-1', appSecret: secret })).not.toThrow()
  expect(() => assertCredentials(strict.spec, { appId: 'toy', appSecret: 'PLANTED SECRET' })).toThrow(
    /^toy: appId is malformed, appSecret is malformed$/,
  )
  await using manager = new TokenManager({ cache: memoryCache() })
  const fetched = manager.source(strict, { appId: 'toy-1', appSecret: () => 'PLANTED SECRET' })
  await expect(fetched.getAccessToken()).rejects.toMatchObject({
    code: 'ERR_LINGPAI_CONFIG',
    details: { field: 'appSecret', problem: 'malformed' },
    message: expect.not.stringContaining('PLANTED') as string,
  })
})

test.each([
  [{ appKey: /a/ }, /pattern names appKey/],
  [{ appId: /a/g }, /pattern\.appId must be a RegExp without the flags g and y/],
  [{ appId: 'a' }, /pattern\.appId must be a RegExp/],
])('a provider with the pattern %p is a ConfigError', (pattern, message) => {
  expect(() => defineProvider({ ...toy.spec, pattern: pattern as unknown as { appId: RegExp } })).toThrow(message)
})

test('the error of a credential carries the provider’s hint for it, in the language of the manager', () => {
  const hints = { appId: { en: 'Any text serves.', zh: '可填任意文字。' } }
  const { spec } = toy.extend({ hints })
  expect(() => assertCredentials(spec, { appSecret: secret })).toThrow(
    expect.objectContaining({ hint: hints.appId.en }),
  )
  expect(() => assertCredentials(spec, { appSecret: secret }, 'zh')).toThrow(
    expect.objectContaining({ hint: hints.appId.zh }),
  )
  expect(() => assertCredentials(spec, { appId: '1' }, 'zh')).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('appSecret') as string }),
  )
  expect(() => toy.extend({ hints }).credentialsFromEnv({})).toThrow(
    expect.objectContaining({ hint: 'Set TOY_APP_ID to the appId of your account. Any text serves.' }),
  )
})

test('an account has a display name', () => {
  const { account } = splitCredentials(toy.spec, { appId: '1', appSecret: secret })
  expect(accountName(account)).toBe('toy:1')
})
