import { defineProvider, type ProviderSpec } from '@lingpai/core'
import { toy, type ToyCredentials } from './scripted-platform.js'

const { rebased: _, ...resolved } = toy.spec
const base: ProviderSpec<ToyCredentials> = { ...resolved, renewal: { mode: 'sticky', windowSeconds: 300 } }

type Change = Partial<Omit<ProviderSpec<ToyCredentials>, 'renewal'>> & { readonly renewal?: object }

function define(change: Change): ReturnType<typeof defineProvider<ToyCredentials>> {
  return defineProvider<ToyCredentials>({ ...base, ...change } as ProviderSpec<ToyCredentials>)
}

const sticky = { mode: 'sticky', windowSeconds: 300 }
const noErrors = { token: {}, api: {} }

const faults: readonly (readonly [field: string, change: Change, words: RegExp])[] = [
  ['id', { id: 'QQ' }, /lower-case/],
  ['id', { id: '' }, /lower-case/],
  ['id', { id: 'a--b' }, /hyphens/],
  ['id', { id: '../up' }, /lower-case/],
  ['kind', { kind: 'App Token' }, /kind/],
  ['account', { account: [] }, /at least one/],
  ['secrets', { secrets: [] }, /at least one/],
  ['secrets', { account: ['appId', 'appSecret'] }, /appSecret is in account and in secrets/],
  ['source.readOn', { source: { url: 'https://example.com', readOn: 'yesterday' } }, /date/],
  ['baseUrl', { baseUrl: 'example.com' }, /http/],
  ['baseUrl', { baseUrl: 'ftp://example.com' }, /http/],
  ['baseUrl', { baseUrl: 'https://example.com/?a=1' }, /without query/],
  ['baseUrl', { baseUrl: 'https://example.com/#top' }, /http/],
  ['baseUrl', { baseUrl: 'https://user@example.com/' }, /http/],
  ['baseUrl', { baseUrl: 'https://:pass@example.com/' }, /http/],
  ['apiBaseUrl', { apiBaseUrl: '/api' }, /http/],
  ['fallbackBaseUrls', { fallbackBaseUrls: ['https://a.example', 'b.example'] }, /http/],
  ['apiOrigins', { apiOrigins: ['*'] }, /http/],
  ['response.code', { response: { ...base.response, code: [] } }, /at least one/],
  [
    'errors.token',
    { errors: { ...noErrors, token: { transient: [1], permission: [2, 1] } } },
    /code 1 .*transient.*permission/,
  ],
  [
    'errors.api',
    { errors: { ...noErrors, api: { transient: [1], 'token-expired': ['1'] } } },
    /code 1 .*token-expired/,
  ],
  ['errors.api', { errors: { ...noErrors, api: { transient: [1, 1] } } }, /code 1/],
  [
    'response.success',
    { response: { ...base.response, success: [1] }, errors: { ...noErrors, api: { transient: ['1'] } } },
    /code 1 is a success and, in errors.api, an error/,
  ],
  ['renewal.windowSeconds', { renewal: { ...sticky, windowSeconds: -1 } }, /0 or more/],
  ['renewal.overlapSeconds', { renewal: { ...sticky, overlapSeconds: Number.NaN } }, /0 or more/],
  ['renewal.jitterSeconds', { renewal: { ...sticky, jitterSeconds: Infinity } }, /0 or more/],
  ['renewal.marginSeconds', { renewal: { ...sticky, marginSeconds: -10 } }, /0 or more/],
  ['renewal.minIntervalSeconds', { renewal: { ...sticky, minIntervalSeconds: -1 } }, /0 or more/],
  ['renewal.maxLifeSeconds', { renewal: { ...sticky, maxLifeSeconds: 0 } }, /above 0/],
  ['renewal.memorySeconds', { renewal: { ...sticky, memorySeconds: Number.NaN } }, /above 0/],
  ['renewal.defaultLifeSeconds', { renewal: { ...sticky, defaultLifeSeconds: 0 } }, /above 0/],
  ['renewal.attemptsAtSeconds', { renewal: { ...sticky, attemptsAtSeconds: [] } }, /descending/],
  ['renewal.attemptsAtSeconds', { renewal: { ...sticky, attemptsAtSeconds: [10, 20] } }, /descending/],
  ['renewal.attemptsAtSeconds', { renewal: { ...sticky, attemptsAtSeconds: [20, 20] } }, /descending/],
  ['renewal.attemptsAtSeconds', { renewal: { ...sticky, attemptsAtSeconds: [20, 0] } }, /descending/],
  ['renewal.attemptsAtSeconds', { renewal: { ...sticky, attemptsAtSeconds: [301] } }, /before the renew window/],
]

test.each(faults)('a fault in %s is a ConfigError that names it', (field, change, words) => {
  expect(() => define(change)).toThrow(
    expect.objectContaining({ code: 'ERR_LINGPAI_CONFIG', details: { field, problem: 'malformed' } }),
  )
  expect(() => define(change)).toThrow(words)
})

test('all faults are reported at once, the first one as the field', () => {
  expect(() => define({ id: 'X', secrets: [], baseUrl: 'no' })).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(/^provider "X": id .*; secrets .*; baseUrl /) as string,
      details: { field: 'id', problem: 'malformed' },
    }),
  )
})

test('defaults are filled in, and the provider is frozen', () => {
  const { kind: _kind, ...unnamed } = base
  const provider = defineProvider<ToyCredentials>(unnamed)
  expect(provider).toMatchObject({ id: 'toy', kind: 'app' })
  expect(provider.spec).toMatchObject({ kind: 'app', rebased: false })
  expect(provider.spec.renewal).toEqual({
    mode: 'sticky',
    windowSeconds: 300,
    overlapSeconds: 300,
    attemptsAtSeconds: [250, 200, 100],
    jitterSeconds: 250 / 6,
    marginSeconds: 10,
    defaultLifeSeconds: 300,
    memorySeconds: Infinity,
    minIntervalSeconds: 2,
    maxLifeSeconds: 30 * 86_400,
    trustSeconds: Infinity,
  })
  expect(Object.isFrozen(provider)).toBe(true)
  expect(Object.isFrozen(provider.spec)).toBe(true)
})

test.each([
  ['rotate', { attemptsAtSeconds: [600], memorySeconds: 60, jitterSeconds: 100, overlapSeconds: 0 }],
  ['extend', { attemptsAtSeconds: [600], memorySeconds: Infinity }],
  ['independent', { attemptsAtSeconds: [60], memorySeconds: Infinity, jitterSeconds: 10 }],
  ['sticky', { attemptsAtSeconds: [300, 20], windowSeconds: 0, overlapSeconds: 0, jitterSeconds: 50 }],
] as const)('the defaults of %s', (mode, defaults) => {
  expect(define({ renewal: { mode } }).spec.renewal).toMatchObject(defaults)
})

describe('extend', () => {
  const rich = define({
    apiBaseUrl: 'https://api.example.com',
    fallbackBaseUrls: ['https://b.example.com'],
    apiOrigins: ['https://old.example.com'],
  })

  test('changes nothing without overrides', () => {
    expect(rich.extend({}).spec).toEqual(rich.spec)
    expect(rich.extend({})).not.toBe(rich)
  })

  test('a new base applies to the API, too, and drops the fallbacks', () => {
    const { spec } = rich.extend({ baseUrl: 'https://proxy.example/prefix/' })
    expect(spec).toMatchObject({
      baseUrl: 'https://proxy.example/prefix/',
      apiBaseUrl: 'https://proxy.example/prefix/',
      fallbackBaseUrls: [],
      rebased: true,
    })
    expect(rich.spec).toMatchObject({ rebased: false, fallbackBaseUrls: ['https://b.example.com'] })
  })

  test('hosts can be changed one by one', () => {
    const { spec } = rich.extend({
      baseUrl: 'https://a.example',
      apiBaseUrl: 'https://c.example',
      fallbackBaseUrls: ['https://d.example'],
      apiOrigins: ['https://e.example'],
    })
    expect(spec).toMatchObject({
      apiBaseUrl: 'https://c.example',
      fallbackBaseUrls: ['https://d.example'],
      apiOrigins: ['https://old.example.com', 'https://e.example'],
    })
    expect(rich.extend({ apiBaseUrl: 'https://c.example' }).spec).toMatchObject({
      rebased: false,
      apiBaseUrl: 'https://c.example',
      fallbackBaseUrls: ['https://b.example.com'],
    })
  })

  test('error tables are merged, and a code moves to its new class', () => {
    const { errors } = toy.extend({
      errors: { token: { transient: [40001, 7], permission: ['45011'] }, api: { 'token-invalid': [48001] } },
    }).spec
    expect(errors.token).toEqual({
      'credential-invalid': [],
      'ip-denied': [40164],
      'rate-limited': [],
      'quota-exhausted': [45009],
      permission: [50004, '45011'],
      transient: [-1, 40001, 7],
    })
    expect(errors.api).toEqual({ 'token-expired': [42001], 'token-invalid': [40001, 48001], permission: [] })
    expect(toy.spec.errors.token['credential-invalid']).toEqual([40001])
  })

  test('renewal, codes and hints are overridden in part', () => {
    const { spec } = toy.extend({
      renewal: { marginSeconds: 3 },
      perCode: { 7: { attempts: 2 } },
      hints: { 'ip-denied': 'Other words.', 7: 'Seven.' },
    })
    expect(spec.renewal).toEqual({ ...toy.spec.renewal, marginSeconds: 3 })
    expect(spec.perCode).toEqual({ 45011: { coolDownSeconds: 90 }, 7: { attempts: 2 } })
    expect(spec.hints).toEqual({ 'ip-denied': 'Other words.', 7: 'Seven.' })
  })

  test('the extended provider is validated, and can be extended again', () => {
    expect(() => toy.extend({ baseUrl: 'nowhere' })).toThrow(expect.objectContaining({ code: 'ERR_LINGPAI_CONFIG' }))
    expect(() => toy.extend({ renewal: { maxLifeSeconds: -1 } })).toThrow(/maxLifeSeconds/)
    expect(() => toy.extend({ errors: { api: { transient: [1], permission: [1] } } })).toThrow(/twice in errors.api/)
    const twice = toy.extend({ baseUrl: 'https://a.example' }).extend({ renewal: { marginSeconds: 1 } })
    expect(twice.spec).toMatchObject({ rebased: true, baseUrl: 'https://a.example' })
  })
})

describe('credentialsFromEnv', () => {
  test('uses the first name that is set, trimmed', () => {
    expect(toy.credentialsFromEnv({ TOY_APP_ID: ' 1 ', TOY_APPID: '2', TOY_SECRET: 's\n' })).toEqual({
      appId: '1',
      appSecret: 's',
    })
    expect(toy.credentialsFromEnv({ TOY_APPID: '2', TOY_SECRET: 's' })).toMatchObject({ appId: '2' })
  })

  test('missing and empty are different errors, and each names its variable', () => {
    const problemOf = (env: Record<string, string>): unknown => {
      try {
        return toy.credentialsFromEnv(env)
      } catch (error) {
        return error
      }
    }
    expect(problemOf({ TOY_SECRET: 's' })).toMatchObject({
      message: 'toy: environment variable TOY_APP_ID or TOY_APPID is missing',
      details: { field: 'TOY_APP_ID', problem: 'missing' },
      hint: 'Set TOY_APP_ID to the appId of your account.',
    })
    for (const empty of ['', '  ', '\n']) {
      expect(problemOf({ TOY_APPID: '1', TOY_SECRET: empty })).toMatchObject({
        message: 'toy: environment variable TOY_SECRET is set but empty',
        details: { field: 'TOY_SECRET', problem: 'empty' },
      })
    }
    expect(problemOf({ TOY_APP_ID: '', TOY_APPID: '1', TOY_SECRET: 's' })).toMatchObject({
      details: { field: 'TOY_APP_ID', problem: 'empty' },
    })
  })

  test('reads process.env by default, and names the field of a provider without variable names', () => {
    process.env['TOY_APP_ID'] = 'from-process'
    process.env['TOY_SECRET'] = 'secret-of-process'
    expect(toy.credentialsFromEnv()).toEqual({ appId: 'from-process', appSecret: 'secret-of-process' })
    delete process.env['TOY_APP_ID']
    delete process.env['TOY_SECRET']
    const nameless = define({ env: {} })
    expect(() => nameless.credentialsFromEnv({})).toThrow('toy: environment variable for appId is missing')
  })
})

test('a description that lacks fields is a ConfigError that names them', () => {
  const make = defineProvider as (spec: object) => unknown
  expect(() => make({ id: 'half', account: ['id'] })).toThrow(
    expect.objectContaining({ code: 'ERR_LINGPAI_CONFIG', details: { field: 'source', problem: 'missing' } }),
  )
})

test('a provider is frozen with its tables, and patterns with the flags g or y are a ConfigError', () => {
  const { api } = defineProvider(toy.spec).spec.errors
  expect(Object.isFrozen(api) && Object.values(api).every((codes) => Object.isFrozen(codes))).toBe(true)
  expect(() => defineProvider({ ...toy.spec, response: { ...toy.spec.response, ip: [/(.*)/g] } })).toThrow(
    /flags g and y/,
  )
})
