import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { TokenManager } from '@lingpai/core'
import { memoryCache } from '@lingpai/cache-memory'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { clientKeys, createClientKey, startTokenServer } from '@lingpai/server'
import { startSimulator } from '@lingpai/testing/simulator'
import autocannon from 'autocannon'
import Fastify from 'fastify'
import type { ServedResponse, ServerTarget } from './server-target.js'

/** A process of the scenario `server`: one of the servers, or the load. */
const [role = '', ...args] = process.argv.slice(2)

/** Tells the parent where it serves, and its processor time in microseconds whenever it is asked. */
function serveAs(target: ServerTarget): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.(user + system)
  })
  process.once('disconnect', () => process.exit())
  process.send?.(target)
}

async function serveLingpai(): Promise<void> {
  const simulator = await startSimulator()
  const cache = memoryCache()
  const manager = new TokenManager({ cache })
  const provider = simulator.provider(wechatMp)
  const source = manager.source(provider, simulator.accounts.wechat)
  const { text, key } = createClientKey(
    { name: 'load', role: 'reader', accounts: ['shop'], rateLimit: 10_000_000 },
    Date.now(),
  )
  const accounts = [{ name: 'shop', provider, source }]
  const { url } = await startTokenServer({ accounts, manager, cache, keys: clientKeys([key]) })
  await source.getAccessToken()
  serveAs({ url, key: text })
}

/** The smallest possible server: always the same body and headers. */
async function serveBare({ headers, body }: ServedResponse, key: string): Promise<void> {
  const server = createServer((_, response) => {
    response.writeHead(200, headers).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4096, resolve))
  serveAs({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key })
}

/** Fastify that compares the bearer key, and sends the same body and headers. */
async function serveFastify({ headers, body }: ServedResponse, key: string): Promise<void> {
  const app = Fastify()
  app.addHook('onRequest', async (request, reply) => {
    if (request.headers.authorization !== `Bearer ${key}`) await reply.code(401).send()
  })
  app.get('/v1/accounts/:account/token', async (_, reply) => {
    void reply.headers(headers)
    return body
  })
  serveAs({ url: await app.listen({ port: 0, host: '127.0.0.1' }), key })
}

async function load(url: string, key: string, seconds: string): Promise<void> {
  const authorization = `Bearer ${key}`
  const { requests, errors, non2xx } = await autocannon({
    url,
    connections: 32,
    duration: Number(seconds),
    headers: { authorization },
  })
  process.send?.({ total: requests.total, failed: errors + non2xx })
  process.once('disconnect', () => process.exit())
}

const [first = '', second = '', third = ''] = args
if (role === 'Lingpai') await serveLingpai()
else if (role === 'load') await load(first, second, third)
else await (role === 'fastify' ? serveFastify : serveBare)(JSON.parse(first) as ServedResponse, second)
