import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager } from '@lingpai/core'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { appIds, openFacadeWorld, secrets, type FacadeBody, type FacadeWorld } from './facade-world.js'

let world: FacadeWorld
beforeEach(async () => {
  world = await openFacadeWorld()
})
afterEach(() => world.close())

const query = (fields: Readonly<Record<string, string>>): string => new URLSearchParams(fields).toString()
const login = (secret: string, more: Readonly<Record<string, string>> = {}): string =>
  `/sns/jscode2session?${query({ appid: appIds.wechat, secret, js_code: 'code-1', grant_type: 'authorization_code', ...more })}`
const webLogin = (secret: string): string =>
  `/sns/oauth2/access_token?${query({ appid: appIds.wechat, secret, code: 'code-1', grant_type: 'authorization_code' })}`
const clearQuota = (secret: string): Promise<FacadeBody> =>
  world.post('/cgi-bin/clear_quota/v2', { appid: appIds.wechat, appsecret: secret })

/** Lets the account's requests pass through a server of this test. @returns what it saw, path and body */
async function listenBefore(): Promise<{ readonly seen: string[]; readonly close: () => void }> {
  const seen: string[] = []
  const between = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = String(Buffer.concat(chunks))
      seen.push(`${request.url ?? ''} ${body}`)
      const init = request.method === 'POST' ? { method: 'POST', body } : {}
      void fetch(`${world.simulator.url}/wechat${request.url ?? ''}`, init).then(async (upstream) => {
        response.writeHead(upstream.status, { 'content-type': 'application/json' }).end(await upstream.text())
      })
    })
  })
  await new Promise<void>((resolve) => {
    between.listen(0, '127.0.0.1', resolve)
  })
  const baseUrl = `http://127.0.0.1:${(between.address() as AddressInfo).port}`
  const provider = wechatMp.extend({ baseUrl })
  const manager = new TokenManager({ cache: memoryCache(), clock: world.clock })
  // A secret that must be fetched, as from a vault.
  const source = manager.source(provider, { appId: appIds.wechat, appSecret: () => Promise.resolve(secrets.wechat) })
  world.accounts.replace([{ name: 'shop', provider, source }])
  return {
    seen,
    close: () => {
      between.close()
      between.closeAllConnections()
      void manager.close()
    },
  }
}

test("the logins of mini programs and web pages get WeChat's response", async () => {
  const key = world.key(['shop'])
  expect(await world.get(login(key))).toEqual({
    session_key: expect.any(String) as string,
    openid: expect.any(String) as string,
  })
  expect(await world.get(webLogin(key))).toMatchObject({
    access_token: expect.any(String) as string,
    refresh_token: expect.any(String) as string,
    expires_in: 7200,
  })
})

test('the platform receives the real secret and never a client key', async () => {
  const { seen, close } = await listenBefore()
  const key = world.key(['shop'], { role: 'admin' })
  for (const secret of [key, `${key}@shop`, `shop@${key}`]) {
    expect(await world.get(login(secret, { extra: key }))).toHaveProperty('openid')
    expect(await world.get(webLogin(secret))).toHaveProperty('openid')
    expect(await clearQuota(secret)).toMatchObject({ errcode: 0 })
  }
  const posted = await world.post('/sns/jscode2session', query({ appid: appIds.wechat, secret: key, js_code: 'c' }))
  expect(posted).toHaveProperty('openid')
  expect(seen).toHaveLength(10)
  for (const request of seen) {
    expect(request).toContain(secrets.wechat)
    expect(request).not.toContain('lpk_')
  }
  close()
})

test.each([
  ['jscode2session', login],
  ['oauth2/access_token', webLogin],
])('%s sends no request upstream for a key that may not read the app', async (_, path) => {
  const unknown = `lpk_0000000000_${'A'.repeat(43)}`
  for (const secret of [world.key(['bot']), unknown, 'not-a-key', secrets.wechat, `${world.key(['shop'])}@bot`]) {
    expect(await world.get(path(secret))).toMatchObject({ errcode: 40125 })
  }
  expect(world.simulator.ledger.summary()).toMatchObject({ tokenRequests: 0, apiRequests: 0 })
})

test('missing fields of a login give the codes of the platform', async () => {
  const key = world.key(['shop'])
  expect(await world.get(`/sns/jscode2session?secret=${key}`)).toMatchObject({ errcode: 41002 })
  expect(await world.get(`/sns/jscode2session?appid=${appIds.wechat}`)).toMatchObject({ errcode: 41004 })
})

test('clear_quota requires an admin, because all programs share the quota', async () => {
  expect(await clearQuota(world.key(['shop'], { role: 'reporter' }))).toMatchObject({ errcode: 48001 })
  expect(world.simulator.ledger.apiRequests()).toBe(0)
})

test('a wrong secret of the server gives 40125 at a login and not the code of a dead token', async () => {
  const key = world.key(['shop'])
  world.simulator.fault({ endpoint: 'api', body: { errcode: 40001, errmsg: 'invalid credential' } })
  expect(await world.get(login(key))).toMatchObject({ errcode: 40125 })
  world.simulator.change('wechat', { secret: 'PLANTED-reset-by-the-owner' })
  expect(await world.get(login(key))).toMatchObject({ errcode: 40125 })
})

test('an unreachable or malformed platform counts as busy, and no secret appears in responses or logs', async () => {
  const key = world.key(['shop'])
  const responses = [await world.get(login(key))]
  world.simulator.fault({ drop: 'before', times: 1 })
  responses.push(await world.get(login(key)))
  world.simulator.fault({ endpoint: 'api', status: 502, raw: '<html>bad gateway</html>' })
  responses.push(await world.get(login(key)))
  world.simulator.fault({ endpoint: 'api', body: { errcode: 40029, errmsg: `invalid code ${secrets.wechat}` } })
  responses.push(await world.get(login(key)))
  expect(responses.map(({ errcode }) => errcode)).toEqual([undefined, -1, -1, 40029])
  for (const secret of [key, ...Object.values(secrets)]) {
    expect(world.logged()).not.toContain(secret)
    expect(JSON.stringify(responses)).not.toContain(secret)
  }
})
