import { createPrivateKey, createPublicKey } from 'node:crypto'
import { inspect } from 'node:util'
import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager } from '@lingpai/core'
import { jwtVerify } from 'jose'
import { clientAssertion, oauth2 } from '@lingpai/provider-oauth2'
import { keyPair } from './oidc-server.js'

const { pem, jwk } = keyPair()
const options = { clientId: 'c', audience: 'https://login.example.com/token' }
const nowMs = 1_800_000_000_000
const clock = { now: () => nowMs }
const verified = (jwt: string) =>
  jwtVerify(jwt, createPublicKey(pem), { audience: options.audience, currentDate: new Date(nowMs) })

test('an assertion names the client and the server, lives for a minute, and is a new one each time', async () => {
  const sign = clientAssertion({ ...options, key: pem, keyId: 'k1', header: { 'x5t#S256': 'thumb' }, clock })
  const [first, second] = await Promise.all([verified(await sign()), verified(await sign())])
  expect(first.protectedHeader).toEqual({ alg: 'RS256', kid: 'k1', 'x5t#S256': 'thumb' })
  expect(first.payload).toEqual({
    iss: 'c',
    sub: 'c',
    aud: options.audience,
    iat: nowMs / 1000,
    exp: nowMs / 1000 + 60,
    jti: expect.any(String),
  })
  expect(first.payload.jti).not.toBe(second.payload.jti)
})

test('the key may be a PEM, a JWK, a KeyObject, or a function that fetches one each time', async () => {
  const own = createPrivateKey(pem)
  let fetched = 0
  const keys = [pem, { ...own.export({ format: 'jwk' }), alg: 'PS256', kid: 'k2' }, own, () => pem, async () => own]
  for (const key of keys)
    expect((await verified(await clientAssertion({ ...options, key, clock })())).payload.iss).toBe('c')
  const jwt = await clientAssertion({ ...options, key: keys[1] ?? '', clock })()
  expect((await verified(jwt)).protectedHeader).toEqual({ alg: 'PS256', kid: 'k2' })
  const sign = clientAssertion({ ...options, key: () => ((fetched += 1), pem), clock })
  await sign()
  await sign()
  expect(fetched).toBe(2)
})

test('a missing option is a ConfigError that names it', () => {
  for (const field of ['clientId', 'audience', 'key'] as const) {
    const lacking = { ...options, key: pem, [field]: '' }
    expect(() => clientAssertion(lacking)).toThrow(expect.objectContaining({ details: { field, problem: 'missing' } }))
  }
  expect(() => clientAssertion({ ...options, key: pem, lifeSeconds: 0 })).toThrow('"lifeSeconds" must be above 0')
})

test('a request with a key that cannot sign fails as retryable, names the field, and does not quote the key', async () => {
  const provider = oauth2({ tokenUrl: options.audience, clientAuthentication: 'private_key_jwt' })
  const tokens = new TokenManager({ cache: memoryCache() })
  const key = `-----BEGIN PRIVATE KEY-----\nPLANTED-SECRET-of-a-pem\n-----END PRIVATE KEY-----`
  const source = tokens.source(provider, { clientId: 'c', clientAssertion: clientAssertion({ ...options, key }) })
  const error: unknown = await source.getAccessToken().catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    code: 'ERR_LINGPAI_UNAVAILABLE',
    retryable: true,
    details: { field: 'clientAssertion' },
  })
  expect(inspect(error, { depth: 9 })).not.toContain('PLANTED')
  await tokens.close()
})

test('an error about a key does not quote it', async () => {
  const cut = pem.slice(0, 400)
  for (const key of [cut, 'PLANTED-SECRET-of-a-key', { kty: 'RSA', ...jwk, d: 'PLANTED-SECRET-of-a-jwk' }, {}]) {
    const error: unknown = await clientAssertion({ ...options, key })().catch((reason: unknown) => reason)
    const shown = `${String(error)} ${JSON.stringify(error)} ${(error as Error).stack ?? ''}`
    expect(shown).not.toContain('PLANTED-SECRET')
    expect(shown).not.toContain(pem.slice(40, 80))
  }
})
