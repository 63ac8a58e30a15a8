import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import replyFrom from '@fastify/reply-from'
import { TokenManager } from '@lingpai/core'
import { memoryCache } from '@lingpai/cache-memory'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { clientKeys, createClientKey, startTokenServer } from '@lingpai/server'
import { startSimulator } from '@lingpai/testing/simulator'
import { fastify } from 'fastify'
import { serveAs } from './serve-as.js'

/** A process of the scenario `forward`: the API, or a server that sends calls on to it. */
const [role = '', api = ''] = process.argv.slice(2)
const path = (token: string): string => `/cgi-bin/user/info?access_token=${token}&openid=user`

async function serveApi(): Promise<void> {
  const body = JSON.stringify({ errcode: 0, openid: 'user', nickname: 'name', language: 'zh_CN', subscribe_time: 1 })
  const headers = { 'content-type': 'application/json; encoding=utf-8', 'content-length': Buffer.byteLength(body) }
  const server = createServer((_, response) => {
    response.writeHead(200, headers).end(body)
  })
  // Longer than any pause between two rounds.
  server.keepAliveTimeout = 600_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4096, resolve))
  serveAs({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: '' })
}

async function serveLingpai(): Promise<void> {
  const simulator = await startSimulator()
  const cache = memoryCache()
  const manager = new TokenManager({ cache })
  const provider = simulator.provider(wechatMp).extend({ apiBaseUrl: api })
  const { wechat } = simulator.accounts
  const source = manager.source(provider, wechat)
  const { text, key } = createClientKey({ name: 'load', role: 'reader', accounts: '*', rateLimit: 1e7 }, Date.now())
  const accounts = [{ name: 'shop', provider, source }]
  const { url } = await startTokenServer({ accounts, manager, cache, keys: clientKeys([key]), forward: true })
  const asked = `${url}/cgi-bin/token?grant_type=client_credential&appid=${wechat.appId}&secret=${text}`
  const { access_token: surrogate } = (await (await fetch(asked)).json()) as { readonly access_token: string }
  serveAs({ url, key: text, path: path(surrogate) })
}

/** The part of a reply that the plugin adds. */
interface ReplyFrom {
  from(url: string, options: { readonly retriesCount: number; readonly maxRetriesOn503: number }): unknown
}

/** Over as many connections as Lingpai may use, and without what Lingpai does not do: it repeats no call for a status or a broken connection. */
async function serveReplyFrom(): Promise<void> {
  const app = fastify()
  await app.register(replyFrom, { base: api, undici: { connections: 256 } })
  app.all('/*', (request, reply) => {
    void (reply as unknown as ReplyFrom).from(request.url, { retriesCount: 0, maxRetriesOn503: 0 })
  })
  serveAs({ url: await app.listen({ port: 0, host: '127.0.0.1' }), key: '', path: path('token') })
}

if (role === 'api') await serveApi()
else await (role === 'Lingpai' ? serveLingpai : serveReplyFrom)()
