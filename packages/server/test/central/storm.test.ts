import { Agent, request } from 'node:http'
import { jest } from '@jest/globals'
import { openCentralWorld, type CentralWorld } from './central-world.js'

// A thousand sockets on a machine with other things to do.
jest.setTimeout(60_000)

let world: CentralWorld
beforeEach(async () => {
  world = await openCentralWorld()
})
afterEach(() => world.close())

interface Reply {
  readonly status: number
  readonly body: { readonly access_token: string; readonly generation: number; readonly expires_in: number }
}

/** So many requests at the same time, each on a connection of its own. */
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
      const sent = request(world.url + path, { agent, method, headers }, (reply) => {
        let text = ''
        reply.setEncoding('utf8')
        reply.on('data', (part: string) => (text += part))
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, body: JSON.parse(text) }))
      })
      sent.on('error', reject)
      sent.end(body)
    })
  const replies = await Promise.all(Array.from({ length: count }, (_, i) => send(i)))
  agent.destroy()
  return replies
}

const path = '/v1/accounts/shop'
const upstream = (): number => world.simulator.ledger.tokenRequests()

test('a thousand clients that come at once, cold, are one upstream request, and all get the one token', async () => {
  // The platform is slow enough that all have come before it answers.
  world.simulator.fault({ platform: 'wechat', latencyMs: 2000 })
  const replies = await storm(1000, 'GET', `${path}/token`)
  expect(replies.filter(({ status }) => status !== 200)).toEqual([])
  expect(new Set(replies.map(({ body }) => body.access_token)).size).toBe(1)
  expect(upstream()).toBe(1)
})

test('200 reports of the same refused token are one refresh; 200 reports of an older one are none', async () => {
  const first = await world.call(`${path}/token`)
  world.simulator.revoke('wechat')
  const refused = await storm(200, 'POST', `${path}/rejections`, (i) =>
    i % 2 === 0 ? { generation: 1, code: 42001 } : { access_token: first.body['access_token'], code: 42001 },
  )
  expect(refused.filter(({ status }) => status !== 200)).toEqual([])
  expect(new Set(refused.map(({ body }) => body.generation))).toEqual(new Set([2]))
  expect(upstream()).toBe(2)

  const stale = await storm(200, 'POST', `${path}/rejections`, () => ({ generation: 1, code: 42001 }))
  expect(new Set(stale.map(({ status, body }) => `${status} ${body.generation}`))).toEqual(new Set(['200 2']))
  expect(stale[0]?.body.access_token).toBe(refused[0]?.body.access_token)
  expect(upstream()).toBe(2)
})
