import type { TokenSource } from '@lingpai/core'
import { fetchGatewayInfo } from '../src/gateway/gateway-info.js'

const account = { provider: 'qq-bot', kind: 'app', host: 'api.bot.qq.com', ids: { appId: '1' } }

/** What `/gateway/bot` of an API at that address would lead to. */
const infoFrom = (apiUrl: string, body: object) => {
  const response = Object.defineProperty(Response.json(body), 'url', { value: `${apiUrl}/gateway/bot` })
  const source = { account, fetch: async () => response } as unknown as TokenSource
  return fetchGatewayInfo(source, new AbortController().signal)
}

test.each([
  ['https://api.bot.qq.com', 'ws://api.bot.qq.com/websocket'],
  ['https://api.bot.qq.com', 'https://api.bot.qq.com/websocket'],
  ['http://127.0.0.1:1', 'http://127.0.0.1:1/websocket'],
  ['http://127.0.0.1:1', '/websocket'],
])('an API at %s may not lead to %s: the token goes there', (apiUrl, url) =>
  expect(infoFrom(apiUrl, { url })).rejects.toMatchObject({ code: 'ERR_LINGPAI_MALFORMED_ANSWER' }),
)

test.each([
  ['https://api.bot.qq.com', 'wss://api.sgroup.qq.com/websocket'],
  ['http://127.0.0.1:1', 'ws://127.0.0.1:1/websocket'],
])('an API at %s may lead to %s', async (apiUrl, url) => {
  expect(await infoFrom(apiUrl, { url, shards: 3 })).toEqual({ url, shards: 3 })
})

test('limits come as they are told, and no fewer than one session may start at a time', async () => {
  const url = 'wss://api.bot.qq.com/websocket'
  const limit = { total: 1500, remaining: 7, reset_after: 5000, max_concurrency: 0 }
  expect(await infoFrom('https://api.bot.qq.com', { url, session_start_limit: limit })).toEqual({
    url,
    shards: 1,
    startLimit: { remaining: 7, resetAfterMs: 5000, maxConcurrency: 1 },
  })
})
