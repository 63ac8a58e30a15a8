import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { temporaryDirectories } from '../../../testing/test/support/temporary-directory.js'
import { facades } from '../../src/facades/generated-list.js'
import { freePort, startCaddy, startNginx, testsWith, writeCertificate, type ProxyFront } from './proxy-front.js'

const deploy = new URL('../../../../deploy/', import.meta.url)
const directory = temporaryDirectories()

/** Recipes by provider: the file, its platform's hosts, and a call that goes to each of them. */
const recipes = {
  'wechat-mp': { file: 'weixin', calls: { '/cgi-bin/user/info?access_token=x': 'api.weixin.qq.com' } },
  wecom: { file: 'wecom', calls: { '/cgi-bin/message/send?access_token=x': 'qyapi.weixin.qq.com' } },
  'qq-bot': { file: 'qq-bot', calls: { '/v2/users/1/messages': 'api.bot.qq.com' } },
  feishu: { file: 'feishu', calls: { '/open-apis/im/v1/messages': 'open.feishu.cn' } },
  dingtalk: {
    file: 'dingtalk',
    calls: { '/v1.0/robot/oToMessages/batchSend': 'api.dingtalk.com', '/topapi/v2/user/get': 'oapi.dingtalk.com' },
  },
} as const

/** A server that says which one it is, and what it received. */
async function echo(name: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request: IncomingMessage, response) => {
    const { url, headers } = request
    const forwarded = Object.keys(headers).filter((header) => header.startsWith('x-forwarded'))
    response.end(JSON.stringify({ name, url, host: headers.host, forwarded }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

let ends: { close(): Promise<void> }[]
beforeEach(() => {
  ends = []
})
afterEach(async () => {
  for (const end of ends.reverse()) await end.close()
})

const proxies = [
  { proxy: 'nginx', test: testsWith('nginx', 'nginx-light'), start: startWithNginx },
  { proxy: 'Caddy', test: testsWith('caddy', 'caddy'), start: startWithCaddy },
]

async function startWithNginx(file: string, replaced: (text: string) => string): Promise<ProxyFront> {
  const [home, port] = [await directory(), await freePort()]
  await writeCertificate(home, file)
  const text = replaced(await readFile(new URL(`nginx/${file}.conf`, deploy), 'utf8'))
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replaceAll(`/etc/nginx/${file}`, `${home}/${file}`)
    .replace('/etc/ssl/certs/ca-certificates.crt', `${home}/${file}.crt`)
  return startNginx(home, port, text)
}

async function startWithCaddy(file: string, replaced: (text: string) => string): Promise<ProxyFront> {
  const [home, port] = [await directory(), await freePort()]
  await writeCertificate(home, file)
  const text = replaced(await readFile(new URL(`caddy/${file}.Caddyfile`, deploy), 'utf8'))
    .replace('auto_https off', 'auto_https off\n\tadmin off')
    .replace(/:443\b/g, `:${port}`)
    .replaceAll(`/etc/caddy/${file}`, `${home}/${file}`)
  return startCaddy(home, port, text)
}

/** Starts a proxy in front of a token server and a platform. */
async function open(
  { start }: (typeof proxies)[0],
  { file, calls }: { readonly file: string; readonly calls: object },
): Promise<ProxyFront & { readonly tokens: { close(): Promise<void> } }> {
  const [tokens, platform] = [await echo('token server'), await echo('platform')]
  const front = await start(file, (text) =>
    Object.values(calls as Record<string, string>).reduce(
      (result, host) =>
        result
          .replace(`https://${host};`, `${platform.url};`)
          .replace(`proxy https://${host} `, `proxy ${platform.url} `),
      text.replace('https://tokens.internal:4180', tokens.url),
    ),
  )
  ends.push(tokens, platform, front)
  return { ...front, tokens }
}

test('each platform with a facade has a recipe for nginx and one for Caddy', () => {
  const providers = new Set(facades.map(({ platform }) => platform.providerId))
  expect(new Set(Object.keys(recipes))).toEqual(providers)
  const files = Object.values(recipes).map(({ file }) => file)
  expect(readdirSync(new URL('nginx', deploy)).sort()).toEqual(files.map((file) => `${file}.conf`).sort())
  expect(readdirSync(new URL('caddy', deploy)).sort()).toEqual(files.map((file) => `${file}.Caddyfile`).sort())
})

describe.each(proxies)('$proxy', (proxy) => {
  for (const [id, recipe] of Object.entries(recipes))
    proxy.test(`${recipe.file}: calls of the facades go to the token server, all others to the platform`, async () => {
      const front = await open(proxy, recipe)
      const [host = ''] = Object.values(recipe.calls)
      const paths = facades
        .filter(({ platform }) => platform.providerId === id)
        .flatMap(({ routes }) => routes.map(({ path }) => path.replace(/:\w+/, 'dingcorp1')))
      const call = async (path: string): Promise<object> =>
        JSON.parse((await front.call(path, { method: 'POST', body: '{}', host })).text) as object
      for (const path of paths) {
        const url = `${path}?a=%2F`
        expect(await call(url)).toMatchObject({
          name: 'token server',
          url,
          forwarded: expect.arrayContaining(['x-forwarded-for']),
        })
        for (const odd of [`${path}/`, `/${path}`, path.replace(/(.)\//, '$1//')])
          expect(await call(odd)).toMatchObject({ name: 'token server', url: odd })
        expect(await call(`${path}x`)).toMatchObject({ name: 'platform' })
        expect(await call(`/x${path}`)).toMatchObject({ name: 'platform' })
      }
      for (const [url, expected] of Object.entries(recipe.calls))
        expect(await call(url)).toEqual({ name: 'platform', url, host: expected, forwarded: [] })
    })

  for (const [id, recipe] of Object.entries(recipes))
    proxy.test(
      `${recipe.file}: without the token server, SDKs get an error of the platform, and no log shows the key`,
      async () => {
        const front = await open(proxy, recipe)
        ends.shift()
        await front.tokens.close()
        for (const { platform, routes } of facades.filter((facade) => facade.platform.providerId === id))
          for (const route of routes) {
            const { busy, code, message, status = 200, statuses = {} } = route.platform ?? platform
            const path = route.path.replace(/:\w+/, 'dingcorp1')
            const response = await front.call(`${path}?secret=PLANTED-SECRET-of-a-key`, {
              host: Object.values(recipe.calls)[0] ?? '',
            })
            expect(response.status).toBe(statuses[busy[0]] ?? status)
            expect(JSON.parse(response.text)).toMatchObject({
              [code]: busy[0],
              [message]: expect.stringContaining(busy[1]) as string,
            })
          }
        await front.close()
        expect((await front.output()).includes('PLANTED-SECRET-of-a-key')).toBe(false)
      },
    )
})
