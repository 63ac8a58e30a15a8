import { jsapiTicket } from '@lingpai/provider-wechat-mp'
import { apiPath, openWorld, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

test('every token, ticket, probe and authorised request asks for no cache, whatever the caller says', async () => {
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
