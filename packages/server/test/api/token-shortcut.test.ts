import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { connect } from 'node:net'
import { memoryCache } from '@lingpai/cache-memory'
import { readLastUse } from '../../src/keys/last-use.js'
import { openServerWorld, until, type Called, type CallOptions, type ServerWorld } from './server-world.js'

let cache = memoryCache()
let world: ServerWorld
beforeEach(async () => {
  cache = memoryCache()
  world = await openServerWorld({ cache })
  await world.call('/v1/accounts/bot/token')
})
afterEach(() => world.close())

/** Counts the requests that the framework's routes handled meanwhile. */
async function routed(work: () => Promise<unknown>): Promise<number> {
  let count = 0
  const note = (): void => void (count += 1)
  subscribe('tracing:fastify.request.handler:start', note)
  try {
    await work()
  } finally {
    unsubscribe('tracing:fastify.request.handler:start', note)
  }
  return count
}

const path = '/v1/accounts/bot/token'
/** A query leaves a request to the route. */
const both = async (options?: CallOptions, to = path): Promise<[Called, Called]> => [
  await world.call(to, options),
  await world.call(`${to}?route=1`, options),
]
const steady = ({ status, headers, body: { expires_in: _, expires_in_ms: __, ...body }, text }: Called): object => ({
  status,
  headers: Object.fromEntries([...headers].filter(([name]) => name !== 'date' && name !== 'retry-after')),
  order: text.match(/"\w+":/g),
  body,
})

test('a token in memory is sent without the framework, with the same headers and body as by the route', async () => {
  expect(await routed(() => world.call(path))).toBe(0)
  expect(await routed(() => world.call(`${path}?route=1`))).toBe(1)
  const [short, long] = await both()
  expect(short.status).toBe(200)
  expect(steady(short)).toEqual(steady(long))
})

test('the remaining lifetime is of the moment of the response', async () => {
  const first = await world.call(path)
  await until(() => Date.now() > Number(first.body['expires_at']) - Number(first.body['expires_in_ms']))
  const second = await world.call(path)
  const leftMs = Number(second.body['expires_at']) - Date.now()
  expect(Number(second.body['expires_in_ms'])).toBeLessThan(Number(first.body['expires_in_ms']))
  expect(Number(second.body['expires_in_ms'])).toBeGreaterThanOrEqual(leftMs)
})

test.each<[string, CallOptions, string]>([
  ['without a key', { key: null }, path],
  ['with an unknown key', { key: `lpk_0000000000_${'PLANTED'.padEnd(43, 'x')}` }, path],
  ['with another scheme', { key: null, headers: { authorization: 'Basic bm9ib2R5' } }, path],
  ['for an unknown account', {}, '/v1/accounts/unknown/token'],
  ['for an account without a token in memory', { headers: { 'x-case': 'cold' } }, '/v1/accounts/shop/token'],
  ['for a name in percent-encoding', {}, '/v1/accounts/%62ot/token'],
  ['by another method', { method: 'DELETE' }, path],
  ['with a longer path', {}, '/v1/accounts/bot/token/token'],
  ['with a doubled slash', {}, '/v1/accounts//bot/token'],
  ['with another case', {}, '/v1/Accounts/bot/token'],
])('a request %s gets the response of the route', async (_, options, to) => {
  const [short, long] = await both(options, to)
  expect(steady(short)).toEqual(steady(long))
})

test('a failure of the accounts or keys that a program gives gets the response of the route, and ends no process', async () => {
  const fail = (): never => {
    throw new TypeError('planned')
  }
  const { accounts, keys } = world
  for (const [part, broken] of [
    [accounts, { get: fail }],
    [keys, { verify: fail }],
  ] as const) {
    const [get, verify] = [accounts.get, keys.verify]
    Object.assign(part, broken)
    const [short, long] = await both()
    Object.assign(accounts, { get })
    Object.assign(keys, { verify })
    expect([short.status, long.status]).toEqual([500, 500])
  }
})

test('a key gets no account of other keys, and one beyond its rate limit gets the error of the route', async () => {
  const foreign = world.key({ role: 'reader', accounts: ['shop'] })
  const [short, long] = await both({ key: foreign })
  expect([short.status, long.status]).toEqual([404, 404])
  const slow = world.key({ rateLimit: 1 })
  const statuses: number[] = []
  for (let times = 0; times < 3; times += 1) statuses.push((await world.call(path, { key: slow })).status)
  expect(statuses).toEqual([200, 200, 429])
})

test('a revoked key is unknown at once', async () => {
  const key = world.key({ role: 'reader' })
  expect((await world.call(path, { key })).status).toBe(200)
  world.revoke(key)
  expect((await world.call(path, { key })).status).toBe(401)
})

test('requests without the framework are counted, logged once for each token, and note the last use of the key', async () => {
  const key = world.key({ name: 'till', role: 'reader', accounts: ['bot'] })
  const accepted = async (): Promise<number> =>
    Number(/^lingpai_access_total\{outcome="accepted"\} (\d+)$/m.exec((await world.call('/metrics')).text)?.[1])
  const before = await accepted()
  expect(await routed(() => Promise.all([1, 2, 3].map(() => world.call(path, { key }))))).toBe(0)
  expect((await accepted()) - before).toBe(4)
  const lines = world.logged().split('\n')
  expect(lines.filter((line) => line.includes('"event":"handed-out"') && line.includes('till'))).toHaveLength(1)
  await until(async () => (await readLastUse(cache, key.slice(4, 14))) !== undefined)
})

test('a new token is sent from the first request after it', async () => {
  const old = await world.call('/v1/accounts/shop/token')
  await world.call('/v1/accounts/shop/refreshes', { method: 'POST', body: {} })
  const next = await world.call('/v1/accounts/shop/token')
  expect(next.body).toMatchObject({ generation: 2 })
  expect(next.body['access_token']).not.toBe(old.body['access_token'])
})

/** Sends requests in one packet on one connection. @returns the status of each response, in their order */
async function statusesOf(requests: readonly { readonly to: string; readonly header: string }[]): Promise<number[]> {
  const socket = connect(Number(new URL(world.url).port), '127.0.0.1')
  let text = ''
  socket.setEncoding('latin1').on('data', (part) => void (text += String(part)))
  await once(socket, 'connect')
  socket.write(requests.map(({ to, header }) => `GET ${to} HTTP/1.1\r\nhost: x\r\n${header}\r\n\r\n`).join(''))
  await until(() => text.match(/HTTP\/1\.1 /g)?.length === requests.length && text.endsWith('}'))
  socket.destroy()
  return [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status))
}

test('requests in one packet on one connection are answered in their order', async () => {
  const header = `authorization: Bearer ${world.key({ role: 'reader' })}`
  const paths = ['/v1/accounts', path, '/v1/accounts/unknown/token', path]
  expect(await statusesOf(paths.map((to) => ({ to, header })))).toEqual([200, 200, 404, 200])
})

test('the header with the key and its scheme have any case, and the first of two such headers counts', async () => {
  const key = world.key({ role: 'reader' })
  const headers = [
    `AUTHORIZATION: bearer ${key}`,
    `Authorization: Bearer ${key}\r\nauthorization: Bearer unknown`,
    `authorization: Bearer unknown\r\nAuthorization: Bearer ${key}`,
    `x-authorization: Bearer ${key}`,
    `x-made-up: authorization\r\nx-header: Bearer ${key}`,
  ]
  for (const to of [path, `${path}?route=1`])
    expect(await statusesOf(headers.map((header) => ({ to, header })))).toEqual([200, 200, 401, 401, 401])
})
