import { once } from 'node:events'
import { withHome, type Home } from './sandbox-home.js'

const yaml = ({ simulator }: Home, forward: string): string => `
cache: 'memory:'
server: { port: 0, forward: ${forward} }
accounts:
  shop: { provider: wechat-mp, appId: ${simulator.accounts.wechat.appId}, secretFile: shop.secret, baseUrl: ${simulator.url}/wechat }
`

async function prepare(home: Home, forward: string): Promise<void> {
  await home.write('lingpai.yaml', yaml(home, forward))
  await home.write('shop.secret', home.simulator.accounts.wechat.appSecret)
}

async function createKey(home: Home, ...more: readonly string[]): Promise<string> {
  const argv = ['key', 'create', '--role', 'reader', '--accounts', 'shop', '--json', ...more]
  return String((await home.run(argv, { reveals: true })).json['key'])
}

/** Starts `lingpai serve`, fetches a surrogate with a key, and returns a function that makes a call with it. */
async function serve(home: Home, key: string): Promise<(path: string) => Promise<Record<string, unknown>>> {
  const child = home.spawn(['serve', '--json'])
  const [line] = (await once(child.process.stdout, 'data')) as [Buffer]
  const { url } = JSON.parse(line.toString()) as { readonly url: string }
  const get = async (path: string): Promise<Record<string, unknown>> =>
    (await fetch(url + path)).json() as Promise<Record<string, unknown>>
  const { appId } = home.simulator.accounts.wechat
  const { access_token: token } = await get(`/cgi-bin/token?grant_type=client_credential&appid=${appId}&secret=${key}`)
  expect(token).toMatch(/^lpt_/)
  return (path) => get(`${path}?access_token=${String(token)}`)
}

test('server.forward sends calls on, and heals one whose token was revoked', async () => {
  await withHome(async (home) => {
    await prepare(home, '{ largestReplayBytes: 1000, timeoutSeconds: 5 }')
    const call = await serve(home, await createKey(home))
    expect(await call('/cgi-bin/getcallbackip')).not.toHaveProperty('errcode', 40001)
    home.simulator.revoke(home.simulator.accounts.wechat)
    home.simulator.ledger.reset()
    const bodies = await Promise.all(Array.from({ length: 10 }, () => call('/cgi-bin/getcallbackip')))
    expect(bodies.filter(({ errcode }) => errcode !== undefined && errcode !== 0)).toEqual([])
    expect(home.simulator.ledger.tokenRequests()).toBe(1)
  })
})

test('lingpai key revoke ends the surrogates of a key within a second, without a signal to the server', async () => {
  await withHome(async (home) => {
    await prepare(home, 'true')
    const key = await createKey(home)
    const call = await serve(home, key)
    expect(await call('/cgi-bin/getcallbackip')).not.toHaveProperty('errcode', 40001)
    expect((await home.run(['key', 'revoke', key.slice(4, 14)])).code).toBe(0)
    const startMs = performance.now()
    // The server looks at the keys file every half a second.
    while ((await call('/cgi-bin/getcallbackip'))['errcode'] !== 40001)
      expect(performance.now() - startMs).toBeLessThan(1000)
    home.simulator.ledger.reset()
    expect(await call('/cgi-bin/getcallbackip')).toMatchObject({ errcode: 40001 })
    expect(home.simulator.ledger.apiRequests()).toBe(0)
  })
})

test('a key with --paths calls these paths only', async () => {
  await withHome(async (home) => {
    await prepare(home, 'true')
    const call = await serve(home, await createKey(home, '--paths', '/cgi-bin/message, /cgi-bin/getcallbackip'))
    expect(await call('/cgi-bin/getcallbackip')).not.toHaveProperty('errcode', 48001)
    expect(await call('/cgi-bin/user/get')).toMatchObject({ errcode: 48001 })
    const [listed] = (await home.run(['key', 'list', '--json'])).json['keys'] as readonly object[]
    expect(listed).toMatchObject({ paths: ['/cgi-bin/message', '/cgi-bin/getcallbackip'] })
  })
})

test.each(['cgi-bin/message', '/a,', '/a?b', '/a/../b', '/%61', ''])('--paths %j is rejected', async (paths) => {
  await withHome(async (home) => {
    await prepare(home, 'true')
    const { code, stderr } = await home.run([
      ...['key', 'create', '--role', 'reader', '--accounts', 'shop', '--paths', paths],
    ])
    expect([code, stderr]).toEqual([2, expect.stringContaining('--paths must be paths')])
  })
})

test.each(['yes please', '{ largestReplayBytes: 0 }', '{ timeoutSeconds: -1 }', '{ retries: 3 }'])(
  'server.forward: %s is rejected by name',
  async (forward) => {
    await withHome(async (home) => {
      await prepare(home, forward)
      const { code, stderr } = await home.run(['serve'])
      expect([code, stderr]).toEqual([2, expect.stringContaining('server.forward')])
    })
  },
)
