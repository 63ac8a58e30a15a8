import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { TokenManager } from '@lingpai/core'
import { memoryCache } from '@lingpai/cache-memory'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { clientKeys, createClientKey, startTokenServer } from '@lingpai/server'
import { startSimulator } from '@lingpai/testing/simulator'
import { fastify } from 'fastify'
import { loadServer, type LoadOrder } from './load-server.js'
import { serveAs } from './serve-as.js'
import type { ServedResponse } from './server-target.js'

/** A process of the scenario `server`: one of the servers, or the load. */
const [role = '', ...args] = process.argv.slice(2)

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
  const app = fastify()
  app.addHook('onRequest', (request, reply, done) => {
    if (request.headers.authorization === `Bearer ${key}`) done()
    else void reply.code(401).send()
  })
  app.get('/v1/accounts/:account/token', (_request, reply) => {
    void reply.headers(headers).send(body)
  })
  serveAs({ url: await app.listen({ port: 0, host: '127.0.0.1' }), key })
}

/** Loads a server each time the parent says so, and then tells it within which time 99 % of the requests were answered. */
function serveLoad(): void {
  process.on('message', (order: LoadOrder) => {
    void loadServer(order).then((p99Ms) => process.send?.(p99Ms))
  })
  process.once('disconnect', () => process.exit())
  process.send?.('ready')
}

const [first = '', second = ''] = args
if (role === 'Lingpai') await serveLingpai()
else if (role === 'load') serveLoad()
else await (role === 'fastify' ? serveFastify : serveBare)(JSON.parse(first) as ServedResponse, second)
