import { defineProvider, type Provider, type ProviderSpec } from '@lingpai/core'
import { providerConformance, type ProviderSamples } from '@lingpai/testing/conformance'

interface Credentials {
  readonly id: string
  readonly secret: string
}

const sound: ProviderSpec<Credentials> = {
  id: 'sound',
  source: { url: 'https://example.com/docs', readOn: '2026-11-20' },
  account: ['id'],
  secrets: ['secret'],
  env: { id: ['SOUND_ID'], secret: ['SOUND_SECRET', 'SOUND_KEY'] },
  baseUrl: 'https://example.com/base',
  renewal: { mode: 'rotate', overlapSeconds: 300 },
  response: { token: 'data.token', expiresIn: 'data.life', code: ['code'], message: 'message' },
  placement: { in: 'header', name: 'Authorization', scheme: 'Bearer' },
  errors: { token: { 'credential-invalid': [1] }, api: { 'token-invalid': [1], 'token-expired': [2] } },
  perCode: { 1: { note: 'wrong' } },
  hints: { 'credential-invalid': 'Check the secret.', 2: 'Wait.' },
  request: ({ id, secret }) => ({ method: 'POST', url: '/token', form: { id, secret } }),
}

const samples: ProviderSamples<Credentials> = {
  credentials: { id: 'one', secret: 'secret' },
  ok: { code: 0, data: { token: 'T1', life: '7200' } },
  tokenErrors: [{ body: { code: '1', message: 'm' }, errorClass: 'credential-invalid' }],
  apiErrors: [{ status: 401, body: { code: 2, message: 'm' }, errorClass: 'token-expired' }],
}

/** The facts that do not hold, in the order of the checks. */
async function brokenFacts(
  provider: Provider<Credentials>,
  changed: Partial<ProviderSamples<Credentials>> = {},
): Promise<readonly string[]> {
  const checks: [name: string, body: () => Promise<void>][] = []
  providerConformance((name, body) => checks.push([name, body]), provider, { ...samples, ...changed })
  const broken: string[] = []
  for (const [name, body] of checks) await body().catch(() => broken.push(name.replace(/^.*?: /, '')))
  return broken
}

const broken = (changes: Partial<ProviderSpec<Credentials>>): Promise<readonly string[]> =>
  brokenFacts(defineProvider({ ...sound, ...changes }))

test('a sound provider passes every check', async () => {
  expect(await broken({})).toEqual([])
})

test('the suite leaves the environment and the globals as they were', async () => {
  const before = [globalThis.fetch, Date.now, Math.random, { ...process.env }]
  await broken({})
  expect([globalThis.fetch, Date.now, Math.random, { ...process.env }]).toEqual(before)
})

const purity = expect.stringContaining('request() is pure') as unknown as string
let calls = 0

test.each<[string, Partial<ProviderSpec<Credentials>>, string]>([
  [
    'a clock in request()',
    { request: ({ id, secret }) => ({ method: 'POST', url: '/token', form: { id, secret, at: String(Date.now()) } }) },
    purity,
  ],
  [
    'a request that differs each time',
    { request: ({ id, secret }) => ({ method: 'POST', url: '/token', form: { id, secret, n: String((calls += 1)) } }) },
    purity,
  ],
  [
    'a secret in the URL',
    { request: ({ secret }) => ({ method: 'GET', url: `/token/${encodeURIComponent(secret)}` }) },
    'each secret is sent, and none is in the URL',
  ],
  [
    'a secret that is not sent',
    { request: ({ id }) => ({ method: 'POST', url: '/token', form: { id } }) },
    'each secret is sent, and none is in the URL',
  ],
  [
    'a query that is part of the URL',
    { request: ({ secret }) => ({ method: 'POST', url: '/token?a=b', form: { secret } }) },
    'URLs are absolute, or paths below a base, and their query is separate',
  ],
  [
    'a secret encoded by hand',
    { request: ({ secret }) => ({ method: 'GET', url: '/token', query: { secret: encodeURIComponent(secret) } }) },
    'query, form and JSON contain secrets unencoded: the core encodes them',
  ],
  [
    'a request with two bodies',
    { request: ({ secret }) => ({ method: 'POST', url: '/token', json: { secret }, form: { secret } }) },
    'the request has at most one body, and none with GET',
  ],
  [
    'a hint for a code that is in no table',
    { hints: { 3: 'Nothing.' } },
    'perCode and hints have only known codes and classes',
  ],
  [
    'a header that HTTP keeps for itself',
    { placement: { in: 'header', name: 'Content-Length' } },
    'the token goes into a query parameter or a valid HTTP header',
  ],
  [
    'a first attempt inside the margin',
    { renewal: { mode: 'independent', attemptsAtSeconds: [60], jitterSeconds: 55, marginSeconds: 10 } },
    'the first refresh ahead comes before the token is held back, whatever the jitter',
  ],
  [
    'memory that is trusted longer than the old token lives',
    { renewal: { mode: 'rotate', overlapSeconds: 30 } },
    'a process reads the cache for a newer token before the old one expires',
  ],
  [
    'one environment variable for two credentials',
    { env: { id: ['SOUND'], secret: ['SOUND'] } },
    'no environment variable stands for two credentials',
  ],
  [
    'a token field of another name',
    { response: { ...sound.response, token: 'token' } },
    'successful response 1 has a token and its life',
  ],
  [
    'a sample of another class',
    { errors: { ...sound.errors, api: { permission: [2] } } },
    'api error 1 is token-expired',
  ],
])('%s is found', async (_, changes, fact) => {
  expect(await broken(changes)).toContainEqual(fact)
})

test('samples without a rejected token are insufficient', async () => {
  const facts = await brokenFacts(defineProvider(sound), { apiErrors: [] })
  expect(facts).toContain('the samples have an error of the token endpoint, and one of the API that rejects the token')
})

const derived: ProviderSpec<Credentials> = {
  ...sound,
  kind: 'ticket',
  parent: defineProvider(sound),
  response: { ...sound.response, token: 'ticket', expiresIn: 'life' },
  placement: { in: 'nowhere' },
  errors: { token: sound.errors.api, api: {} },
  hints: {},
  request: () => ({ method: 'GET', url: '/ticket', query: { type: 'page' } }),
}

const derivedSamples: Partial<ProviderSamples<Credentials>> = {
  ok: { code: 0, ticket: 'P1', life: 7200 },
  tokenErrors: samples.apiErrors,
  apiErrors: [],
}

test('a sound derived provider passes every check, also if calls carry its token', async () => {
  expect(await brokenFacts(defineProvider(derived), derivedSamples)).toEqual([])
  const carried = { ...derived, placement: sound.placement }
  expect(await brokenFacts(defineProvider(carried), derivedSamples)).toEqual([])
})

test.each<[string, Partial<ProviderSpec<Credentials>>, Partial<ProviderSamples<Credentials>>, string]>([
  [
    'a refused token that is not taken for one',
    { errors: { token: { permission: [2] }, api: {} } },
    {},
    'a rejected token is replaced once, the request repeated once, and the derived token stays',
  ],
  [
    'a variable of its own',
    { env: { id: ['TICKET_ID'], secret: ['TICKET_SECRET'] } },
    {},
    'the environment variables are those of the parent token',
  ],
  [
    'no sample that refuses the token',
    {},
    { tokenErrors: [{ body: { code: 1, message: 'm' }, errorClass: 'unknown' }] },
    'the samples have an error of the token endpoint, and one of the API that rejects the token',
  ],
])('the suite for a derived provider finds %s', async (_, changes, changed, fact) => {
  expect(await brokenFacts(defineProvider({ ...derived, ...changes }), { ...derivedSamples, ...changed })).toContain(
    fact,
  )
})
