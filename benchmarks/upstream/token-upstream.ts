import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { UpstreamCounts, UpstreamOrder, UpstreamSettings } from './upstream-messages.js'

/**
 * A process that answers like the token endpoints of WeChat, Feishu and OAuth2, in one response that all of them can read. Each
 * request issues a token; its text carries its number and its expiry. An API accepts a token that is alive and not revoked.
 */
const apiPaths = ['/api', '/cgi-bin/getcallbackip']

const settings: UpstreamSettings = { lifeSeconds: 7200, delayMs: 0, isDown: false, aheadMs: 0 }
const counts: UpstreamCounts = { requests: 0, refused: 0, mostAtOnce: 0, rejectedCalls: 0 }
let atOnce = 0
let issued = 0
let firstValid = 1

const nowMs = (): number => Date.now() + settings.aheadMs
const padding = 'x'.repeat(90)

function tokenResponse(): string {
  issued += 1
  const { lifeSeconds } = settings
  const token = `PLANTED-TOKEN.${issued}.${nowMs() + lifeSeconds * 1000}.${padding}`
  return JSON.stringify({
    access_token: token,
    tenant_access_token: token,
    token_type: 'Bearer',
    expires_in: lifeSeconds,
    expire: lifeSeconds,
    code: 0,
  })
}

function send(response: ServerResponse, status: number, body: string): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body)
}

function serveToken(response: ServerResponse): void {
  counts.requests += 1
  atOnce += 1
  counts.mostAtOnce = Math.max(counts.mostAtOnce, atOnce)
  const answer = (): void => {
    atOnce -= 1
    if (!settings.isDown) return send(response, 200, tokenResponse())
    counts.refused += 1
    send(response, 503, '{"errcode":-1,"errmsg":"system busy"}')
  }
  if (settings.delayMs > 0) setTimeout(answer, settings.delayMs)
  else answer()
}

function serveApi(response: ServerResponse, token: string): void {
  const [, serial, expiresAtMs] = token.split('.')
  const isAlive = Number(serial) >= firstValid && Number(expiresAtMs) > nowMs()
  if (!isAlive) counts.rejectedCalls += 1
  send(response, 200, isAlive ? '{"errcode":0}' : '{"errcode":40001,"errmsg":"invalid credential"}')
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost')
  request.resume()
  request.once('end', () => {
    if (apiPaths.includes(url.pathname)) serveApi(response, url.searchParams.get('access_token') ?? '')
    else serveToken(response)
  })
})
server.keepAliveTimeout = 600_000

process.on('message', (order: UpstreamOrder) => {
  Object.assign(settings, order.set)
  if (order.revokeAll === true) firstValid = issued + 1
  if (order.resetCounts === true)
    Object.assign(counts, { requests: 0, refused: 0, mostAtOnce: atOnce, rejectedCalls: 0 })
  process.send?.({ ...counts })
})
process.once('disconnect', () => process.exit())
server.listen({ port: 0, host: '127.0.0.1', backlog: 8192 }, () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
