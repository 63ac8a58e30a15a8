import { createHmac } from 'node:crypto'
import { hashOfSecret } from '../../src/keys/client-key.js'
import { sessionCookies, sessionLifeMs } from '../../src/keys/session-cookie.js'
import { openCentralWorld, type Called, type CallOptions, type CentralWorld } from './central-world.js'

let world: CentralWorld
beforeEach(async () => {
  world = await openCentralWorld()
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

test('who signs in with a key gets a cookie that scripts cannot read and that holds nothing of the key', async () => {
  const key = world.key({ name: 'ops', role: 'reader', accounts: ['shop'] })
  const reply = await signIn(key)
  expect(reply.status).toBe(204)
  const [cookie = ''] = reply.headers.getSetCookie()
  expect(cookie).toMatch(/^lingpai_session=[\w.-]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/)
  expect(cookie).not.toContain(key.slice(15))
  expect(cookie).not.toContain(hashOfSecret(key.slice(15)).toString('hex'))
  const session = await world.call('/session', by(cookieOf(reply)))
  expect(session.body).toEqual({ name: 'ops', role: 'reader', accounts: ['shop'] })
  expect((await world.call('/v1/accounts/shop', by(cookieOf(reply)))).status).toBe(200)
  expect((await world.call('/v1/accounts/bot', by(cookieOf(reply)))).status).toBe(404)
})

test('the cookie is for TLS only where the server is behind it', async () => {
  const secure = await openCentralWorld({ simulator: world.simulator, trustProxy: true })
  const headers = { 'x-forwarded-proto': 'https' }
  const body = { key: secure.key() }
  const reply = await secure.call('/session', { method: 'POST', key: null, body, headers })
  expect(reply.headers.getSetCookie()[0]).toContain('; Secure')
  await secure.close()
})

test('a wrong key signs nobody in', async () => {
  const reply = await signIn('lpk_0000000000_wrong')
  expect(reply.status).toBe(401)
  expect(reply.headers.getSetCookie()).toEqual([])
  expect((await world.call('/session', { key: null })).status).toBe(401)
})

test('a change by cookie needs the header of the page and its origin', async () => {
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

test('another site signs nobody in', async () => {
  expect((await signIn(world.key(), { origin: 'https://evil.example' })).status).toBe(403)
})

test('signing out takes the cookie away', async () => {
  const cookie = cookieOf(await signIn(world.key()))
  const reply = await world.call('/session', by(cookie, { method: 'DELETE', headers: csrf }))
  expect(reply.status).toBe(204)
  expect(reply.headers.getSetCookie()[0]).toMatch(/^lingpai_session=; Max-Age=0;/)
})

test('a session ends with its key', async () => {
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

test('a session holds at every server with the same session key, for twelve hours and no longer', () => {
  const keys = { find: (id: string) => (id === stored.id ? stored : undefined) }
  const cookie = sessionCookies(sessionKey).seal(stored, 0)
  const other = sessionCookies(Buffer.from(sessionKey))
  expect(other.open(cookie, keys, sessionLifeMs - 1)).toMatchObject({ key: stored, untilMs: sessionLifeMs })
  expect(other.open(cookie, keys, sessionLifeMs)).toBeUndefined()
  // One that was sealed far in the future does not wait until then.
  expect(other.open(other.seal(stored, 1), keys, 0)).toBeUndefined()
})

test('a session of one process is none of a server that has another session key', () => {
  const keys = { find: () => stored }
  const cookie = sessionCookies().seal(stored, 0)
  expect(sessionCookies().open(cookie, keys, 0)).toMatchObject({ key: stored })
  expect(sessionCookies(sessionKey).open(cookie, keys, 0)).toBeUndefined()
})

test('a key of the same id with another secret has no part in the session', () => {
  const sessions = sessionCookies(sessionKey)
  const cookie = sessions.seal(stored, 0)
  expect(sessions.open(cookie, { find: () => ({ ...stored, hash: 'cd'.repeat(32) }) }, 0)).toBeUndefined()
})

test('a copy of the keys file opens nothing', async () => {
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

test('a session key that can be guessed is rejected by its name', async () => {
  await expect(openCentralWorld({ simulator: world.simulator, sessionKey: 'x'.repeat(31) })).rejects.toMatchObject({
    code: 'ERR_LINGPAI_CONFIG',
    message: 'tokenServer: "sessionKey" must have at least 32 bytes',
  })
})

test('a cookie that was changed is none', async () => {
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
