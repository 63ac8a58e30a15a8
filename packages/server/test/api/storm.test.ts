import { Agent, request } from 'node:http'
import { jest } from '@jest/globals'
import { openServerWorld, type ServerWorld } from './server-world.js'

// A thousand sockets on a busy machine take time.
jest.setTimeout(60_000)

let world: ServerWorld
beforeEach(async () => {
  world = await openServerWorld()
})
afterEach(() => world.close())

interface Reply {
  readonly status: number
  readonly body: { readonly access_token: string; readonly generation: number; readonly expires_in: number }
}

/** Sends many requests at the same time, each on its own connection. */
async function storm(count: number, method: string, path: string, bodyOf?: (i: number) => object): Promise<Reply[]> {
  const agent = new Agent({ maxSockets: Infinity })
  const key = world.key({ role: 'reporter', accounts: ['shop'], rateLimit: 100_000 })
  const send = (i: number): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const body = bodyOf === undefined ? undefined : JSON.stringify(bodyOf(i))
      const headers = {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'content-type': 'application/json', 'content-length': body.length }),
      }
      const sent = request(world.url + path, { agent, method, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => (text += part))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }))
      })
      sent.on('error', reject)
      sent.end(body)
    })
  const responses = await Promise.all(Array.from({ length: count }, (_, i) => send(i)))
  agent.destroy()
  return responses
}

const path = '/v1/accounts/shop'
const upstream = (): number => world.simulator.ledger.tokenRequests()

test('a thousand concurrent clients without a token cause one upstream request and get the same token', async () => {
  // The platform responds only after all clients have arrived.
  world.simulator.fault({ platform: 'wechat', latencyMs: 2000 })
  const responses = await storm(1000, 'GET', `${path}/token`)
  expect(responses.filter(({ status }) => status !== 200)).toEqual([])
  expect(new Set(responses.map(({ body }) => body.access_token)).size).toBe(1)
  expect(upstream()).toBe(1)
})

test('200 reports of one rejected token cause one refresh, and 200 reports of an older one cause none', async () => {
  const first = await world.call(`${path}/token`)
  world.simulator.revoke('wechat')
  const current = await storm(200, 'POST', `${path}/rejections`, (i) =>
    i % 2 === 0 ? { generation: 1, code: 42001 } : { access_token: first.body['access_token'], code: 42001 },
  )
  expect(current.filter(({ status }) => status !== 200)).toEqual([])
  expect(new Set(current.map(({ body }) => body.generation))).toEqual(new Set([2]))
  expect(upstream()).toBe(2)

  const stale = await storm(200, 'POST', `${path}/rejections`, () => ({ generation: 1, code: 42001 }))
  expect(new Set(stale.map(({ status, body }) => `${status} ${body.generation}`))).toEqual(new Set(['200 2']))
  expect(stale[0]?.body.access_token).toBe(current[0]?.body.access_token)
  expect(upstream()).toBe(2)
})
