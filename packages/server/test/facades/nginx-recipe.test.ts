import { readFile } from 'node:fs/promises'
import { temporaryDirectories } from '../../../testing/test/support/temporary-directory.js'
import { appIds, openFacadeWorld, secrets, wechatTokenPath, type FacadeBody, type FacadeWorld } from './facade-world.js'
import { freePort, startNginx, testsWith, writeCertificate, type ProxyFront } from './proxy-front.js'

const withNginx = testsWith('nginx', 'nginx-light')
const recipe = new URL('../../../../deploy/nginx/weixin.conf', import.meta.url)
const directory = temporaryDirectories()

let world: FacadeWorld
let front: ProxyFront | undefined
beforeEach(async () => {
  world = await openFacadeWorld()
})
afterEach(async () => {
  await front?.close()
  front = undefined
  await world.close()
})

/** Runs the recipe with the hosts and files of the test. */
async function startFront(tokens: string): Promise<ProxyFront> {
  const [home, port] = [await directory(), await freePort()]
  await writeCertificate(home, 'weixin')
  const text = (await readFile(recipe, 'utf8'))
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replaceAll('/etc/nginx/weixin', `${home}/weixin`)
    .replace('https://tokens.internal:4180', tokens)
    .replace('https://api.weixin.qq.com', `${world.simulator.url}/wechat`)
    .replace('/etc/ssl/certs/ca-certificates.crt', `${home}/weixin.crt`)
  return (front = await startNginx(home, port, text))
}

/** Calls WeChat through the proxy. */
async function call(
  path: string,
  init: { readonly method?: string; readonly body?: string } = {},
): Promise<FacadeBody> {
  const response = await front!.call(path, { ...init, host: 'api.weixin.qq.com' })
  return JSON.parse(response.text) as FacadeBody
}

withNginx(
  'behind the nginx recipe, tokens, tickets and logins come from the server, and calls go to the platform',
  async () => {
    const key = world.key(['shop'])
    const { output } = await startFront(world.url)
    const { access_token: token } = await call(wechatTokenPath(key))
    expect(token).toMatch(/^simtok_wechat/)
    expect(await call(`/cgi-bin/getcallbackip?access_token=${token}`)).toHaveProperty('ip_list')
    const ticket = `/cgi-bin/ticket/getticket?type=jsapi&access_token=${token}`
    expect(await call(ticket)).toMatchObject({ errcode: 0 })
    expect(await call(ticket, { method: 'POST' })).toMatchObject({ errcode: 0 })
    const body = JSON.stringify({ grant_type: 'client_credential', appid: appIds.wechat, secret: key })
    expect(await call('/cgi-bin/stable_token', { method: 'POST', body })).toMatchObject({ expires_in: 7200 })
    const login = `appid=${appIds.wechat}&secret=${key}&grant_type=authorization_code`
    expect(await call(`/sns/jscode2session?${login}&js_code=c`)).toHaveProperty('openid')
    expect(await call(`/sns/oauth2/access_token/?${login}&code=c`)).toHaveProperty('openid')
    expect(await call(`//cgi-bin//token/${wechatTokenPath(key).slice('/cgi-bin/token'.length)}`)).toMatchObject({
      expires_in: 7200,
    })
    const printed = await output()
    for (const secret of [key, token, ...Object.values(secrets)]) expect(printed.includes(secret)).toBe(false)
  },
)

withNginx('behind the nginx recipe, a server that is away is a busy platform, and no log shows the key', async () => {
  const key = world.key(['shop'])
  const { output } = await startFront(`http://127.0.0.1:${await freePort()}`)
  expect(await call(wechatTokenPath(key))).toEqual({
    errcode: -1,
    errmsg: expect.stringContaining('system error') as string,
  })
  expect((await output()).includes(key)).toBe(false)
})
