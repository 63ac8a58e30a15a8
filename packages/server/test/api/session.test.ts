import { createHmac } from 'node:crypto'
import { hashOfSecret } from '../../src/keys/client-key.js'
import { sessionCookies, sessionLifeMs } from '../../src/auth/session-cookie.js'
import { openServerWorld, type Called, type CallOptions, type ServerWorld } from './server-world.js'

let world: ServerWorld
beforeEach(async () => {
  world = await openServerWorld()
})
afterEach(() => world.close())

const signIn = async (key: string, headers: Readonly<Record<string, string>> = {}): Promise<Called> =>
  world.call('/session', { method: 'POST', key: null, body: { key }, headers })
const cookieOf = ({ headers }: Called): string => headers.getSetCookie()[0]?.split(';')[0] ?? ''
const by = (cookie: string, options: CallOptions = {}): CallOptions => ({
  ...options,
  key: null,
  headers: { cookie, ...options.headers },
})
const csrf = { 'x-lingpai-csrf': '1' }

test('signing in gives a cookie that scripts cannot read and that contains nothing of the key', async () => {
  const key = world.key({ name: 'ops', role: 'reader', accounts: ['shop'] })
  const response = await signIn(key)
  expect(response.status).toBe(204)
  const [cookie = ''] = response.headers.getSetCookie()
  expect(cookie).toMatch(/^lingpai_session=[\w.-]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/)
  expect(cookie).not.toContain(key.slice(15))
  expect(cookie).not.toContain(hashOfSecret(key.slice(15)).toString('hex'))
  const session = await world.call('/session', by(cookieOf(response)))
  expect(session.body).toEqual({ name: 'ops', role: 'reader', accounts: ['shop'] })
  expect((await world.call('/v1/accounts/shop', by(cookieOf(response)))).status).toBe(200)
  expect((await world.call('/v1/accounts/bot', by(cookieOf(response)))).status).toBe(404)
})

test('the session cookie has the attribute Secure only if the server is behind TLS', async () => {
  const secure = await openServerWorld({ simulator: world.simulator, trustProxy: true })
  const headers = { 'x-forwarded-proto': 'https' }
  const body = { key: secure.key() }
  const response = await secure.call('/session', { method: 'POST', key: null, body, headers })
  expect(response.headers.getSetCookie()[0]).toContain('; Secure')
  await secure.close()
})

test('signing in with a wrong key gives 401 and no cookie', async () => {
  const response = await signIn('lpk_0000000000_wrong')
  expect(response.status).toBe(401)
  expect(response.headers.getSetCookie()).toEqual([])
  expect((await world.call('/session', { key: null })).status).toBe(401)
})

test("a change with a session cookie requires the page's header and origin", async () => {
  const cookie = cookieOf(await signIn(world.key()))
  const { origin, host } = new URL(world.url)
  const refresh = async (headers: Readonly<Record<string, string>>): Promise<number> =>
    (await world.call('/v1/accounts/shop/refreshes', by(cookie, { method: 'POST', headers }))).status
  expect(await refresh({})).toBe(403)
  expect(await refresh({ ...csrf, origin: 'https://evil.example' })).toBe(403)
  expect(await refresh({ ...csrf, origin: 'null' })).toBe(403)
  expect(await refresh({ ...csrf, origin: `http://${host}.evil.example` })).toBe(403)
  expect(await refresh({ ...csrf, 'sec-fetch-site': 'cross-site' })).toBe(403)
  expect(await refresh({ ...csrf, 'sec-fetch-site': 'same-site' })).toBe(403)
  expect(world.simulator.ledger.tokenRequests()).toBe(0)
  expect(await refresh({ ...csrf, origin, 'sec-fetch-site': 'same-origin' })).toBe(200)
  expect((await world.call('/session', by(cookie, { method: 'DELETE' }))).status).toBe(403)
})

test('signing in from another site gives 403', async () => {
  expect((await signIn(world.key(), { origin: 'https://evil.example' })).status).toBe(403)
})

test('signing out removes the cookie', async () => {
  const cookie = cookieOf(await signIn(world.key()))
  const response = await world.call('/session', by(cookie, { method: 'DELETE', headers: csrf }))
  expect(response.status).toBe(204)
  expect(response.headers.getSetCookie()[0]).toMatch(/^lingpai_session=; Max-Age=0;/)
})

test('a session ends when its key is revoked', async () => {
  const key = world.key()
  const cookie = cookieOf(await signIn(key))
  expect((await world.call('/session', by(cookie))).status).toBe(200)
  world.revoke(key)
  expect((await world.call('/session', by(cookie))).status).toBe(401)
})

const sessionKey = 'PLANTED-session-key-of-at-least-32-bytes'
const stored = {
  id: '0123456789',
  name: 'x',
  role: 'reader',
  accounts: '*',
  hash: 'ab'.repeat(32),
  createdAt: 0,
} as const

test('a session is valid on every server with the same session key, for twelve hours', () => {
  const keys = { find: (id: string) => (id === stored.id ? stored : undefined) }
  const cookie = sessionCookies(sessionKey).seal(stored, 0)
  const other = sessionCookies(Buffer.from(sessionKey))
  expect(other.open(cookie, keys, sessionLifeMs - 1)).toMatchObject({ key: stored, untilMs: sessionLifeMs })
  expect(other.open(cookie, keys, sessionLifeMs)).toBeUndefined()
  // Sealed far in the future, it is not valid at that time either.
  expect(other.open(other.seal(stored, 1), keys, 0)).toBeUndefined()
})

test('a session is invalid on a server with another session key', () => {
  const keys = { find: () => stored }
  const cookie = sessionCookies().seal(stored, 0)
  expect(sessionCookies().open(cookie, keys, 0)).toMatchObject({ key: stored })
  expect(sessionCookies(sessionKey).open(cookie, keys, 0)).toBeUndefined()
})

test('a key with the same id and another secret does not share a session', () => {
  const sessions = sessionCookies(sessionKey)
  const cookie = sessions.seal(stored, 0)
  expect(sessions.open(cookie, { find: () => ({ ...stored, hash: 'cd'.repeat(32) }) }, 0)).toBeUndefined()
})

test('a copy of the keys file cannot forge a session', async () => {
  const text = world.key()
  const { id, hash } = world.keys.find(text.slice(4, 14))!
  const until = Date.now() + sessionLifeMs - 60_000
  const guesses = [1, 2].flatMap((format) =>
    [`lingpai:session:${format}:${id}:${until}`, `lingpai:session:${format}:${id}:${hash}:${until}`].flatMap((said) =>
      [hash, Buffer.from(hash, 'hex')].map((key) => createHmac('sha256', key).update(said).digest('base64url')),
    ),
  )
  for (const seal of guesses)
    expect((await world.call('/session', by(`lingpai_session=${id}.${until}.${seal}`))).status).toBe(401)
  for (const secret of [hash, Buffer.from(hash, 'hex').toString('base64url')])
    expect((await signIn(`lpk_${id}_${secret}`)).status).toBe(401)
})

test('a short session key is rejected with the name of the option', async () => {
  await expect(openServerWorld({ simulator: world.simulator, sessionKey: 'x'.repeat(31) })).rejects.toMatchObject({
    code: 'ERR_LINGPAI_CONFIG',
    message: 'tokenServer: "sessionKey" must have at least 32 bytes',
  })
})

test('a modified session cookie is invalid', async () => {
  const cookie = cookieOf(await signIn(world.key()))
  const [, id = '', until = '', seal = ''] = /=(\w+)\.(\d+)\.(.*)$/.exec(cookie) ?? []
  const other = world.key()
  const forged = [
    `${id}.${Number(until) + 1}.${seal}`,
    `${other.slice(4, 14)}.${until}.${seal}`,
    `${id}.${until}.${'A'.repeat(43)}`,
    `${id}.${until}.`,
    `${id}.${until}`,
    '',
    '__proto__',
  ]
  for (const value of forged) expect((await world.call('/session', by(`lingpai_session=${value}`))).status).toBe(401)
})
