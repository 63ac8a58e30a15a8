import { once } from 'node:events'
import { join } from 'node:path'
import { startRedis, withRealRedis } from '../../testing/test/support/redis-server.js'
import { withHome, type Child, type Home } from './sandbox-home.js'

const running: Child[] = []
async function stopAll(): Promise<void> {
  for (const { process: child } of running) child.kill('SIGKILL')
  await Promise.all(running.splice(0).map(({ ended }) => ended))
}
afterEach(stopAll)

/** Starts `lingpai serve` in a child process. @returns its URL */
async function serve(home: Home): Promise<string> {
  const child = home.spawn(['serve', '--json', '--host', 'localhost'])
  running.push(child)
  let printed = ''
  while (!printed.includes('\n')) printed += String(await once(child.process.stdout, 'data'))
  return (JSON.parse(printed) as { readonly url: string }).url
}

async function createKey({ run }: Home): Promise<string> {
  const { json } = await run(['key', 'create', '--role', 'reporter', '--accounts', '*', '--json'], { reveals: true })
  return String(json['key'])
}

interface TokenResponse {
  readonly access_token: string
  readonly generation: number
}

async function ask(url: string, key: string, rejected?: TokenResponse): Promise<TokenResponse> {
  const authorization = `Bearer ${key}`
  const path = `${url}/v1/accounts/shop/${rejected === undefined ? 'token' : 'rejections'}`
  const response = await fetch(path, {
    headers: { authorization, 'content-type': 'application/json' },
    ...(rejected !== undefined && {
      method: 'POST',
      body: JSON.stringify({ access_token: rejected.access_token, code: 40001 }),
    }),
  })
  return (await response.json()) as TokenResponse
}

const schemes = process.env['LINGPAI_TEST_SQLITE'] === 'missing' ? ['file'] : ['file', 'sqlite']

test.each(schemes)('two servers on %s: a token that is rejected on one is replaced on the other', async (scheme) => {
  await withHome(async (home) => {
    const { simulator, directory, write } = home
    const { appId, appSecret } = simulator.accounts.wechat
    await write('wechat.secret', appSecret)
    const account = `{ provider: wechat-mp-plain, appId: ${appId}, secretFile: wechat.secret, baseUrl: "${simulator.url}/wechat" }`
    const cache = `${scheme}:${join(directory, 'tokens')}`
    await write('lingpai.yaml', `cache: "${cache}"\nserver: { port: 0 }\naccounts: { shop: ${account} }\n`)
    const [key, fresh] = [await createKey(home), await createKey(home)]
    const [one, other] = await Promise.all([serve(home), serve(home)])
    const first = await ask(one, key)
    expect((await ask(other, key)).access_token === first.access_token).toBe(true)
    simulator.revoke('wechat')
    const second = await ask(one, key, first)
    expect(second.generation).toBe(first.generation + 1)
    // Without adopting the new token, the other server would return the dead one for a minute.
    const startedAtMs = performance.now()
    let seen = await ask(other, key)
    while (seen.generation === first.generation && performance.now() - startedAtMs < 30_000)
      seen = await ask(other, key)
    expect(seen.access_token === second.access_token).toBe(true)
    expect((await ask(other, fresh)).access_token === second.access_token).toBe(true)
    expect(simulator.ledger.tokenRequests('wechat')).toBe(2)
    // The servers still write the last use of the keys, and the directory is removed with the home.
    await stopAll()
  })
})

withRealRedis('two servers that start at once on one Redis forward calls with surrogates of each other', async () => {
  const redis = await startRedis()
  try {
    await withHome(async (home) => {
      const { simulator, write } = home
      const { appId, appSecret } = simulator.accounts.wechat
      await write('wechat.secret', appSecret)
      const account = `{ provider: wechat-mp, appId: ${appId}, secretFile: wechat.secret, baseUrl: "${simulator.url}/wechat" }`
      const server = '{ port: 0, forward: true }'
      await write('lingpai.yaml', `cache: "${redis.url}"\nserver: ${server}\naccounts: { shop: ${account} }\n`)
      const key = await createKey(home)
      const urls = await Promise.all([serve(home), serve(home)])
      const get = async (url: string): Promise<Readonly<Record<string, unknown>>> =>
        (await fetch(url)).json() as Promise<Readonly<Record<string, unknown>>>
      const surrogates = await Promise.all(
        urls.map((url) => get(`${url}/cgi-bin/token?grant_type=client_credential&appid=${appId}&secret=${key}`)),
      )
      for (const url of urls)
        for (const { access_token: token } of surrogates) {
          expect(token).toMatch(/^lpt_/)
          expect(await get(`${url}/cgi-bin/getcallbackip?access_token=${String(token)}`)).not.toHaveProperty('errcode')
        }
      await stopAll()
    })
  } finally {
    await redis.close()
  }
})
