import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { ConfigError } from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { createClientKey } from '../../src/keys/client-key.js'
import { bundled } from '../../../testing/test/support/bundle.js'
import { call, until, type Called } from './server-world.js'
import { withRedis } from './redis-server.js'

const { text: key, key: stored } = createClientKey({ name: 'load', role: 'admin', accounts: '*', rateLimit: 1e6 }, 0)

const program = bundled(new URL('children/server-process.ts', import.meta.url))
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
  const child = spawn(process.execPath, [await program, JSON.stringify(facts)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const gone = once(child, 'exit').then(() => Promise.reject(new ConfigError('the server did not start')))
  const [url] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), gone])) as [string]
  gone.catch(() => undefined)
  return { url, child }
}

/** Clients that alternate between the servers until the test stops them. */
function startLoad(servers: readonly ServerProcess[], clients: number) {
  const failures: { readonly url: string; readonly status: number | 'broken' }[] = []
  let responses = 0
  let isOver = false
  const ask = async (url: string): Promise<void> => {
    const response = await call(`${url}/v1/accounts/shop/token`, { key }).catch(() => undefined)
    if (response?.status === 200) responses += 1
    else failures.push({ url, status: response?.status ?? 'broken' })
  }
  const client = async (): Promise<void> => {
    while (!isOver) for (const { url } of servers) await ask(url)
  }
  const running = Promise.all(Array.from({ length: clients }, client))
  return {
    failures,
    responses: () => responses,
    end: async () => {
      isOver = true
      await running
    },
  }
}

const reject = (url: string, generation: number): Promise<Called> =>
  call(`${url}/v1/accounts/shop/rejections`, { method: 'POST', key, body: { generation, code: 42001 } })

withRedis(
  'two servers on one Redis: killing one during its refresh under load fails only its sockets and costs one request',
  async (redis) => {
    const servers = await Promise.all([startServer(redis.url), startServer(redis.url)])
    const [victim, survivor] = servers
    const requests = (): number => simulator.ledger.tokenRequests()
    const load = startLoad(servers, 8)
    await until(() => load.responses() > 50)
    // Two servers with background refresh and all that load cause one request.
    expect(requests()).toBe(1)

    simulator.revoke('wechat')
    simulator.fault({ platform: 'wechat', hang: true, work: true })
    const broken = reject(victim.url, 1).catch(() => 'broken')
    await until(() => requests() === 2)
    victim.child.kill('SIGKILL')
    expect(await broken).toBe('broken')
    const healed = await Promise.all(Array.from({ length: 20 }, () => reject(survivor.url, 1)))
    await load.end()

    expect(healed.map(({ status, body }) => [status, body['generation']])).toEqual(healed.map(() => [200, 2]))
    expect(requests()).toBe(3)
    expect(load.failures.filter(({ url }) => url !== victim.url)).toEqual([])
    expect(load.failures.filter(({ status }) => status !== 'broken')).toEqual([])
    const token = String(healed[0]?.body['access_token'])
    const used = await fetch(`${simulator.url}/wechat/cgi-bin/getcallbackip?access_token=${token}`)
    expect(await used.json()).toHaveProperty('ip_list')

    survivor.child.kill('SIGTERM')
    expect(await once(survivor.child, 'exit')).toEqual([0, null])
  },
  120_000,
)

withRedis(
  'two servers on one Redis: both list a refresh of one of them once in their timelines',
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
