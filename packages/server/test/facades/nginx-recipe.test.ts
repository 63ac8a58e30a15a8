import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { get as httpsGet, request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { testsNeeding } from '../../../testing/test/support/where-possible.js'
import { temporaryDirectories } from '../../../testing/test/support/temporary-directory.js'
import { certificate } from '../../../testing/test/support/certificate.js'
import { appIds, openFacadeWorld, secrets, wechatTokenPath, type FacadeBody, type FacadeWorld } from './facade-world.js'

const run = promisify(execFile)
const nginx = ['nginx', '/usr/sbin/nginx'].find((name) => spawnSync(name, ['-v']).status === 0)
const withNginx = testsNeeding(nginx === undefined ? 'nginx' : undefined)
const recipe = new URL('../../../../deploy/nginx/weixin.conf', import.meta.url)
const directory = temporaryDirectories()

let world: FacadeWorld
let child: ChildProcess | undefined
beforeEach(async () => {
  world = await openFacadeWorld()
})
afterEach(async () => {
  if (child !== undefined) {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
    child = undefined
  }
  await world.close()
})

interface Front {
  readonly home: string
  call(path: string, init?: { readonly method?: string; readonly body?: string }): Promise<FacadeBody>
}

/** Runs the recipe with the hosts and files of the test. */
async function startFront(tokens: string): Promise<Front> {
  const home = await directory()
  const port = await freePort()
  const { key, cert } = certificate('proxy')
  await writeFile(join(home, 'weixin.key'), key, { mode: 0o600 })
  await writeFile(join(home, 'weixin.crt'), cert)
  const text = (await readFile(recipe, 'utf8'))
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replaceAll('/etc/nginx/weixin', `${home}/weixin`)
    .replace('https://tokens.internal:4180', tokens)
    .replace('https://api.weixin.qq.com', `${world.simulator.url}/wechat`)
    .replace('/etc/ssl/certs/ca-certificates.crt', `${home}/weixin.crt`)
  await writeFile(join(home, 'weixin.conf'), text)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${home}/${name};`,
  )
  const main = [
    'daemon off; master_process off;',
    `pid ${home}/pid; error_log ${home}/error.log info;`,
    'events {}',
    `http { access_log ${home}/access.log; ${temporary.join(' ')} include ${home}/weixin.conf; }`,
  ]
  await writeFile(join(home, 'nginx.conf'), main.join('\n'))
  const parts = ['-p', home, '-c', join(home, 'nginx.conf'), '-e', join(home, 'error.log')]
  await run(nginx ?? '', ['-t', ...parts])
  child = spawn(nginx ?? '', parts, { stdio: 'ignore' })
  await untilListening(port)
  const call: Front['call'] = async (path, { method = 'GET', body } = {}) =>
    new Promise((resolve, reject) => {
      const options = { method, rejectUnauthorized: false, headers: { host: 'api.weixin.qq.com' } }
      const sent = httpsRequest(`https://127.0.0.1:${port}${path}`, options, (response) => {
        response.setEncoding('utf8')
        let text = ''
        response.on('data', (chunk: string) => (text += chunk))
        response.on('end', () => {
          resolve(JSON.parse(text) as FacadeBody)
        })
      })
      sent.on('error', reject).end(body)
    })
  return { home, call }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function untilListening(port: number): Promise<void> {
  const isUp = (): Promise<boolean> =>
    new Promise((resolve) => {
      httpsGet(`https://127.0.0.1:${port}/cgi-bin/nothing`, { rejectUnauthorized: false }, (response) => {
        response.resume()
        resolve(true)
      }).on('error', () => {
        resolve(false)
      })
    })
  while (!(await isUp())) await new Promise((resolve) => setImmediate(resolve))
}

async function logsOf({ home }: Front): Promise<string> {
  const texts = await Promise.all(['error.log', 'access.log'].map((name) => readFile(join(home, name), 'utf8')))
  return texts.join('')
}

withNginx(
  'behind the nginx recipe, tokens, tickets and logins come from the server, and calls go to the platform',
  async () => {
    const key = world.key(['shop'])
    const front = await startFront(world.url)
    const { access_token: token } = await front.call(wechatTokenPath(key))
    expect(token).toMatch(/^simtok_wechat/)
    expect(await front.call(`/cgi-bin/getcallbackip?access_token=${token}`)).toHaveProperty('ip_list')
    const ticket = `/cgi-bin/ticket/getticket?type=jsapi&access_token=${token}`
    expect(await front.call(ticket)).toMatchObject({ errcode: 0 })
    expect(await front.call(ticket, { method: 'POST' })).toMatchObject({ errcode: 0 })
    const body = JSON.stringify({ grant_type: 'client_credential', appid: appIds.wechat, secret: key })
    expect(await front.call('/cgi-bin/stable_token', { method: 'POST', body })).toMatchObject({ expires_in: 7200 })
    const login = `appid=${appIds.wechat}&secret=${key}&grant_type=authorization_code`
    expect(await front.call(`/sns/jscode2session?${login}&js_code=c`)).toHaveProperty('openid')
    expect(await front.call(`/sns/oauth2/access_token/?${login}&code=c`)).toHaveProperty('openid')
    expect(await front.call(`//cgi-bin//token/${wechatTokenPath(key).slice('/cgi-bin/token'.length)}`)).toMatchObject({
      expires_in: 7200,
    })
    const logs = await logsOf(front)
    for (const secret of [key, token, ...Object.values(secrets)]) expect(logs.includes(secret)).toBe(false)
  },
)

withNginx('behind the nginx recipe, a server that is away is a busy platform, and no log shows the key', async () => {
  const key = world.key(['shop'])
  const front = await startFront(`http://127.0.0.1:${await freePort()}`)
  expect(await front.call(wechatTokenPath(key))).toEqual({
    errcode: -1,
    errmsg: expect.stringContaining('system error') as string,
  })
  expect((await logsOf(front)).includes(key)).toBe(false)
})
