import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { ConfigError } from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { startSimulator, type Simulator } from '@lingpai/testing'
import { createClientKey } from '../../src/keys/client-key.js'
import { call, until, type Called } from './central-world.js'
import { withRedis } from './redis-server.js'

const { text: key, key: stored } = createClientKey({ name: 'load', role: 'admin', accounts: '*', rateLimit: 1e6 }, 0)

const children: ChildProcess[] = []
let simulator: Simulator
beforeEach(async () => {
  simulator = await startSimulator()
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await simulator.close()
})

interface ServerProcess {
  readonly url: string
  readonly child: ChildProcess
}

async function startServer(redisUrl: string): Promise<ServerProcess> {
  const { baseUrl } = simulator.provider(wechatMpPlain).spec
  const facts = { redisUrl, baseUrl, ...simulator.accounts.wechat, key: stored }
  const file = new URL('children/server-process.ts', import.meta.url).pathname
  const flags = ['--conditions=@lingpai/source', '--import', 'tsx', file, JSON.stringify(facts)]
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const gone = once(child, 'exit').then(() => Promise.reject(new ConfigError('the server did not start')))
  const [url] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), gone])) as [string]
  gone.catch(() => undefined)
  return { url, child }
}

/** Clients that ask one server after the other, for as long as the test wants. */
function startLoad(servers: readonly ServerProcess[], clients: number) {
  const failures: { readonly url: string; readonly status: number | 'broken' }[] = []
  let answers = 0
  let isOver = false
  const ask = async (url: string): Promise<void> => {
    const answer = await call(`${url}/v1/accounts/shop/token`, { key }).catch(() => undefined)
    if (answer?.status === 200) answers += 1
    else failures.push({ url, status: answer?.status ?? 'broken' })
  }
  const client = async (): Promise<void> => {
    while (!isOver) for (const { url } of servers) await ask(url)
  }
  const running = Promise.all(Array.from({ length: clients }, client))
  return {
    failures,
    answers: () => answers,
    end: async () => {
      isOver = true
      await running
    },
  }
}

const reject = (url: string, generation: number): Promise<Called> =>
  call(`${url}/v1/accounts/shop/rejections`, { method: 'POST', key, body: { generation, code: 42001 } })

withRedis(
  'of two servers on one Redis one is killed as it refreshes, under load: only its sockets fail, and one request more is made',
  async (redis) => {
    const servers = await Promise.all([startServer(redis.url), startServer(redis.url)])
    const [victim, survivor] = servers
    const requests = (): number => simulator.ledger.tokenRequests()
    const load = startLoad(servers, 8)
    await until(() => load.answers() > 50)
    // Two servers with their keepers, and all that load: one request.
    expect(requests()).toBe(1)

    simulator.revoke('wechat')
    simulator.fault({ platform: 'wechat', hang: true, work: true })
    const unanswered = reject(victim.url, 1).catch(() => 'broken')
    await until(() => requests() === 2)
    victim.child.kill('SIGKILL')
    expect(await unanswered).toBe('broken')
    const answered = await Promise.all(Array.from({ length: 20 }, () => reject(survivor.url, 1)))
    await load.end()

    expect(answered.map(({ status, body }) => [status, body['generation']])).toEqual(answered.map(() => [200, 2]))
    expect(requests()).toBe(3)
    expect(load.failures.filter(({ url }) => url !== victim.url)).toEqual([])
    expect(load.failures.filter(({ status }) => status !== 'broken')).toEqual([])
    const token = String(answered[0]?.body['access_token'])
    const used = await fetch(`${simulator.url}/wechat/cgi-bin/getcallbackip?access_token=${token}`)
    expect(await used.json()).toHaveProperty('ip_list')

    survivor.child.kill('SIGTERM')
    expect(await once(survivor.child, 'exit')).toEqual([0, null])
  },
  120_000,
)

withRedis(
  'what one server fetched is in the timeline of both, once',
  async (redis) => {
    const servers = await Promise.all([startServer(redis.url), startServer(redis.url)])
    const token = await Promise.all(servers.map(({ url }) => call(`${url}/v1/accounts/shop/token`, { key })))
    expect(new Set(token.map(({ body }) => body['access_token'])).size).toBe(1)
    const body = { note: 'by hand' }
    await call(`${servers[0].url}/v1/accounts/shop/refreshes`, { method: 'POST', key, body })
    await until(async () => {
      const other = await call(`${servers[1].url}/v1/accounts/shop`, { key })
      return other.body['generation'] === 2
    })
    for (const { child } of servers) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
    const third = await startServer(redis.url)
    const { body: timeline } = await call(`${third.url}/v1/accounts/shop/timeline`, { key })
    expect(timeline).toMatchObject({
      events: [
        { event: 'refreshed', generation: 2, reason: 'requested', by: 'load', note: 'by hand' },
        { event: 'refreshed', generation: 1, reason: 'cold' },
      ],
    })
    expect(timeline['events']).toHaveLength(2)
  },
  120_000,
)
