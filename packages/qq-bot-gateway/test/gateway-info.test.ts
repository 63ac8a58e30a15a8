import { systemClock, type TokenSource } from '@lingpai/core'
import { fetchGatewayInfo } from '../src/gateway/gateway-info.js'

const account = { provider: 'qq-bot', kind: 'app', host: 'api.bot.qq.com', ids: { appId: '1' } }
const platform = ['https://api.bot.qq.com', 'https://api.sgroup.qq.com']
const local = ['http://127.0.0.1:1']

/** Fetches the gateway info with a source whose token may be sent to these origins. */
const infoOf = (apiOrigins: readonly string[] | undefined, body: object) => {
  const source = { account, apiOrigins, fetch: async () => Response.json(body) } as unknown as TokenSource
  return fetchGatewayInfo(source, { clock: systemClock, signal: new AbortController().signal })
}

test.each([
  [platform, 'ws://api.bot.qq.com/websocket'],
  [platform, 'wss://api.bot.qq.com:8443/websocket'],
  [platform, 'wss://api.bot.qq.com.example.com/websocket'],
  [platform, 'wss://api.bot.qq.com@example.com/websocket'],
  [platform, 'wss://bot.qq.com/websocket'],
  [platform, 'https://api.bot.qq.com/websocket'],
  [platform, 'javascript://api.bot.qq.com/websocket'],
  [local, 'wss://127.0.0.1:1/websocket'],
  [local, 'ws://127.0.0.1:2/websocket'],
  [local, 'http://127.0.0.1:1/websocket'],
  [local, '/websocket'],
  [undefined, 'wss://example.com/websocket'],
])('a token for %j is not sent to the gateway %s', (apiOrigins, url) =>
  expect(infoOf(apiOrigins, { url })).rejects.toMatchObject({ code: 'ERR_LINGPAI_MALFORMED_RESPONSE' }),
)

test.each([
  [platform, 'wss://api.sgroup.qq.com/websocket'],
  [platform, 'wss://API.BOT.QQ.COM:443/websocket/'],
  [local, 'ws://127.0.0.1:1/websocket'],
  [undefined, 'wss://api.sgroup.qq.com/websocket'],
])('a token for %j may be sent to the gateway %s', async (apiOrigins, url) => {
  expect(await infoOf(apiOrigins, { url, shards: 3 })).toEqual({ url, shards: 3 })
})

test('the error of a foreign gateway says how to allow it and shows neither its path nor its query', async () => {
  const url = 'wss://user:PLANTED-SECRET-word@gateway.example.com:8443/PLANTED-SECRET-path?key=PLANTED-SECRET-key'
  const rejected = infoOf(platform, { url })
  await expect(rejected).rejects.toMatchObject({
    retryable: false,
    hint: "If the address is right, create the provider with extend({ apiOrigins: ['https://gateway.example.com:8443'] }).",
    message: expect.not.stringContaining('PLANTED') as unknown,
  })
})

test('fetchGatewayInfo() returns the limits of the platform and at least one concurrent start', async () => {
  const url = 'wss://api.bot.qq.com/websocket'
  const limit = { total: 1500, remaining: 7, reset_after: 5000, max_concurrency: 0 }
  expect(await infoOf(platform, { url, session_start_limit: limit })).toEqual({
    url,
    shards: 1,
    startLimit: { remaining: 7, resetAfterMs: 5000, maxConcurrency: 1 },
  })
})
