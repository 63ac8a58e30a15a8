import { createRequire } from 'node:module'
import { createServer } from 'node:http'
import nodeFetch from 'node-fetch'
import { TokenManager } from '@lingpai/core'
import { memoryCache } from '@lingpai/cache-memory'
import { jsapiTicket } from '@lingpai/provider-wechat-mp'
import { listen, stop, toy, toyAccount } from './scripted-platform.js'
import { apiPath, openWorld, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

test('every token, ticket, probe and API request forbids caching, whatever the caller’s options are', async () => {
  const { simulator } = world
  const modes: { readonly path: string; readonly cache: unknown; readonly next: boolean }[] = []
  const manager = world.manager({
    fetch: (input, init = {}) => {
      const { pathname } = new URL(String(input))
      modes.push({ path: pathname.replace(/^\/wechat/, ''), cache: Reflect.get(init, 'cache'), next: 'next' in init })
      return globalThis.fetch(input, init)
    },
  })
  const source = world.source('wechat', manager)
  await manager.source(simulator.provider(jsapiTicket), simulator.accounts.wechat).getAccessToken()
  await source.fetch(apiPath.wechat)
  const caching = { cache: 'force-cache', next: { revalidate: 60 } } as RequestInit
  await source.fetch(apiPath.wechat, caching)
  await source.fetch(new Request(`${simulator.url}/wechat${apiPath.wechat}`, caching), caching)
  simulator.revoke(simulator.accounts.wechat, { sticky: true })
  await expect(source.fetch('/cgi-bin/message/custom/send', { method: 'POST', body: '{}' })).rejects.toMatchObject({
    code: 'ERR_LINGPAI_PLATFORM',
  })
  const paths = new Set(modes.map(({ path }) => path))
  expect([...paths].sort()).toEqual([
    '/cgi-bin/getcallbackip',
    '/cgi-bin/message/custom/send',
    '/cgi-bin/stable_token',
    '/cgi-bin/ticket/getticket',
  ])
  expect(new Set(modes.map(({ cache }) => cache))).toEqual(new Set(['no-store']))
  expect(modes.every(({ next }) => !next)).toBe(true)
})

const clients: Readonly<Record<string, typeof globalThis.fetch | undefined>> = {
  'the global fetch': undefined,
  'node-fetch 2': createRequire(import.meta.url)('node-fetch-2') as typeof globalThis.fetch,
  'node-fetch 3': nodeFetch as unknown as typeof globalThis.fetch,
}

for (const [name, fetch] of Object.entries(clients)) {
  test(`requests of ${name} tell every HTTP cache on the way to store nothing`, async () => {
    const seen: (string | undefined)[] = []
    const server = createServer((request, response) => {
      seen.push(request.headers['cache-control'])
      response.end(JSON.stringify({ access_token: 'token', expires_in: 7200 }))
    })
    const url = await listen(server)
    await using manager = new TokenManager({ cache: memoryCache(), ...(fetch && { fetch }) })
    const source = manager.source(toy.extend({ baseUrl: url }), toyAccount)
    await source.fetch('/api')
    await source.fetch('/api', { headers: { 'cache-control': 'max-age=600' } })
    await source.fetch(new Request(`${url}/api`, { method: 'POST', body: 'x' }))
    await stop(server)
    expect(seen).toEqual(Array.from({ length: 4 }, () => 'no-cache, no-store'))
  })
}
