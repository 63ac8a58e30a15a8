import { mkdir, readFile, rename, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { readEvents, type EventReader } from '../../testing/test/support/read-events.js'
import { withHome, type Child, type Home } from './sandbox-home.js'

const yaml = ({ simulator, directory }: Home, more = ''): string => `
cache: ${JSON.stringify(`file:${join(directory, 'tokens')}`)}
server:
  port: 0
accounts:
  bot: { provider: qq-bot, appId: "${simulator.accounts.qq.appId}", secretFile: qq.secret, baseUrl: ${simulator.url}/qq }
${more}`

const shop = ({ simulator }: Home, secretFile = 'wechat.secret'): string =>
  `  shop: { provider: wechat-mp-plain, appId: ${simulator.accounts.wechat.appId}, secretFile: ${secretFile}, baseUrl: ${simulator.url}/wechat }\n`

async function prepare(home: Home, more = shop(home)): Promise<void> {
  await home.write('lingpai.yaml', yaml(home, more))
  await home.write('qq.secret', home.simulator.accounts.qq.clientSecret)
  await home.write('wechat.secret', home.simulator.accounts.wechat.appSecret)
}

/** `lingpai serve` in a child process. */
interface Served extends Child {
  readonly url: string
  get(
    path: string,
    key?: string,
  ): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }>
  /** Resolves when standard error contains the text. */
  said(words: string): Promise<void>
}

async function serve(home: Home, key: string): Promise<Served> {
  const child = home.spawn(['serve', '--json', '--host', 'localhost'])
  let [stdout, stderr] = ['', '']
  let wake = (): void => undefined
  child.process.stdout.on('data', (text: Buffer) => ((stdout += text.toString()), wake()))
  child.process.stderr.on('data', (text: Buffer) => ((stderr += text.toString()), wake()))
  let isOver = false
  void child.ended.finally(() => ((isOver = true), wake()))
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo() && !isOver) await new Promise<void>((resolve) => (wake = resolve))
  }
  await until(() => stdout.includes('\n'))
  const { url } = JSON.parse(stdout) as { readonly url: string }
  return {
    ...child,
    url,
    get: async (path, by = key) => {
      const response = await fetch(url + path, { headers: { authorization: `Bearer ${by}` } })
      return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> }
    },
    said: (words) => until(() => stderr.includes(words)),
  }
}

async function refresh({ url }: Served, account: string, key: string): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const response = await fetch(`${url}/v1/accounts/${account}/refreshes`, { method: 'POST', headers, body: '{}' })
  expect(response.status).toBe(200)
}

/** Whether this many accounts have a token in the store. */
async function areStored(home: Home, count: number): Promise<boolean> {
  const { json } = await home.run(['status', '--json'])
  const accounts = json['accounts'] as readonly { readonly generation?: number }[]
  return accounts.filter(({ generation }) => generation !== undefined).length === count
}

/** Lists the client keys, once the server has stored the last use of `count` keys: it does so after its response. */
async function keysOnceUsed(home: Home, count: number): Promise<readonly { readonly lastUsedAt?: number }[]> {
  for (;;) {
    const { json } = await home.run(['key', 'list', '--json'])
    const keys = json['keys'] as readonly { readonly lastUsedAt?: number }[]
    if (keys.filter(({ lastUsedAt }) => lastUsedAt !== undefined).length >= count) return keys
  }
}

async function createKey(home: Home, ...more: readonly string[]): Promise<string> {
  const { json } = await home.run(['key', 'create', '--role', 'reader', '--accounts', '*', '--json', ...more], {
    reveals: true,
  })
  return String(json['key'])
}

test('serve follows changes of the configuration, rejects invalid ones, and stops gracefully', async () => {
  await withHome(async (home) => {
    await prepare(home)
    const key = await createKey(home)
    const served = await serve(home, key)
    const token = await served.get('/v1/accounts/shop/token')
    expect(token).toMatchObject({ status: 200, body: { generation: 1 } })

    await home.write('lingpai.yaml', 'accounts: [')
    await served.said('the configuration was rejected; the previous one stays in use')
    expect((await served.get('/v1/accounts/shop/token')).body).toMatchObject({ generation: 1 })

    // The same secret from another file keeps the token.
    await home.write('other.secret', home.simulator.accounts.wechat.appSecret)
    await home.write('lingpai.yaml', yaml(home, shop(home, 'other.secret')))
    await served.said('the configuration was reloaded')
    const same = await served.get('/v1/accounts/shop/token')
    expect(same.body['access_token']).toBe(token.body['access_token'])
    expect(home.simulator.ledger.tokenRequests('wechat')).toBe(1)

    // A secret that gets no token does not replace one that does.
    await home.write('wrong.secret', 'PLANTED-wrong-secret')
    await home.write('lingpai.yaml', yaml(home, shop(home, 'wrong.secret')))
    await served.said('shop: the changed account gets no token')
    expect((await served.get('/v1/accounts/shop/token')).status).toBe(200)

    await home.write('lingpai.yaml', yaml(home, ''))
    served.process.kill('SIGHUP')
    await served.said('"accounts":["bot"]')
    expect((await served.get('/v1/accounts/shop/token')).status).toBe(404)
    expect((await served.get('/v1/accounts/bot/token')).status).toBe(200)

    served.process.kill('SIGTERM')
    const ran = await served.ended
    expect(ran.code).toBe(0)
    expect(ran.stderr).toContain('"audit":true')
    // Options of the command line are not changes of the file.
    expect(ran.stderr).not.toContain('require a restart')
    expect(ran.stderr).not.toContain('PLANTED')
    expect(ran.stderr).not.toContain(key.slice(15))
  })
})

test('a key is valid as soon as it is created and invalid once it is revoked', async () => {
  await withHome(async (home) => {
    await prepare(home)
    const first = await createKey(home)
    const served = await serve(home, first)
    const second = await createKey(home, '--name', 'till')
    await served.said('the client keys were reloaded')
    expect((await served.get('/v1/accounts', second)).status).toBe(200)
    const listed = await keysOnceUsed(home, 1)
    expect(listed.map(({ lastUsedAt }) => typeof lastUsedAt)).toEqual(['undefined', 'number'])
    expect((await home.run(['key', 'list'])).stdout).toMatch(/ no known use\n.* used \d{4}-/)
    const revoked = await home.run(['key', 'revoke', second.slice(4, 14)])
    expect(revoked).toMatchObject({ code: 0, stdout: expect.stringContaining('(till) is revoked') })
    served.process.kill('SIGHUP')
    while ((await served.get('/v1/accounts', second)).status !== 401) await served.get('/v1/accounts')
    expect((await served.get('/v1/accounts')).status).toBe(200)
    served.process.kill('SIGTERM')
    expect((await served.ended).code).toBe(0)
  })
})

test('a comment in the file ends no event stream, and a changed account ends those of its keys', async () => {
  await withHome(async (home) => {
    await prepare(home)
    const [admin, shopKey, botKey] = [
      await createKey(home, '--role', 'admin'),
      await createKey(home, '--accounts', 'shop'),
      await createKey(home, '--accounts', 'bot'),
    ]
    const served = await serve(home, admin)
    const open = async (key: string): Promise<EventReader> => {
      const events = await readEvents(`${served.url}/v1/events`, { authorization: `Bearer ${key}` })
      expect(events.status).toBe(200)
      return events
    }
    const [ofShop, ofBot] = [await open(shopKey), await open(botKey)]
    const assertHears = async (events: EventReader, account: string): Promise<void> => {
      await refresh(served, account, admin)
      const heard = await events.next('timeline', ({ reason }) => reason === 'requested')
      expect(heard?.data).toMatchObject({ account })
    }
    // Wait for the first refreshes, so that later requests do not join them.
    for (const account of ['shop', 'bot'])
      expect(await served.get(`/v1/accounts/${account}/token`)).toMatchObject({ status: 200 })
    await home.write('lingpai.yaml', yaml(home, `\n  # The till.\n${shop(home).replace('shop: {', '"shop":   {')}`))
    await served.said('the configuration was reloaded')
    await assertHears(ofShop, 'shop')
    await assertHears(ofBot, 'bot')

    await home.write('other.secret', home.simulator.accounts.wechat.appSecret)
    await home.write('lingpai.yaml', yaml(home, shop(home, 'other.secret')))
    expect(await ofShop.next('never')).toBeUndefined()
    await assertHears(ofBot, 'bot')

    ofBot.close()
    served.process.kill('SIGTERM')
    expect((await served.ended).code).toBe(0)
  })
})

test('a second signal stops the server immediately', async () => {
  await withHome(async (home) => {
    await prepare(home)
    home.simulator.fault({ platform: 'wechat', hang: true, times: 100 })
    const served = await serve(home, await createKey(home))
    const waiting = served.get('/v1/accounts/shop/token').catch(() => 'cut')
    await served.get('/v1/accounts')
    served.process.kill('SIGTERM')
    await served.said('shutting down: finishing running requests')
    served.process.kill('SIGTERM')
    const { code, stderr } = await served.ended
    expect({ code, signal: stderr.endsWith('SIGTERM') }).toEqual({ code: -1, signal: true })
    expect(await waiting).toBe('cut')
  })
})

test('an invalid server configuration is reported in one line with a hint, and no server starts', async () => {
  await withHome(async (home) => {
    await prepare(home)
    const rejected = await home.run(['serve', '--host', '0.0.0.0'])
    expect(rejected).toMatchObject({ code: 2, stdout: '' })
    expect(rejected.stderr).toMatch(
      /^lingpai: startTokenServer: "keys" must not be empty, because other hosts can reach 0\.0\.0\.0\n {2}hint: .*key create/,
    )
    const problems: [string, RegExp][] = [
      ['  port: 70000', /server\.port: must be a number from 0 to 65535/],
      ['  tls: { cert: nothing.pem }', /server\.tls\.key: is missing/],
      ['  tls: { cert: nothing.pem, key: lingpai.yaml }', /nothing\.pem cannot be read \(ENOENT\)/],
      ['  colour: red', /server\.colour: is unknown; the known fields are host, port, tls/],
      ['  logLevel: loud', /server\.logLevel: must be debug, info, warn or error/],
      ['  trustProxy: [1]', /server\.trustProxy: must be true, an address or network/],
      ['  trustProxy: 1', /server\.trustProxy: must be true, an address or network/],
      ['  trustProxy: proxy.internal', /"trustProxy" must be true, an address or network/],
    ]
    for (const [line, words] of problems) {
      await home.write('lingpai.yaml', yaml(home).replace('  port: 0', line))
      const { code, stderr } = await home.run(['serve'])
      expect({ line, code }).toEqual({ line, code: 2 })
      expect(stderr).toMatch(words)
    }
    await prepare(home, shop(home, 'not-there.secret'))
    const { code, stderr } = await home.run(['serve'])
    expect(code).toBe(2)
    expect(stderr).toContain('shop: the file that "secretFile" names cannot be read (ENOENT)')
  })
})

describe('lingpai key', () => {
  test('key create shows the key once, and list and keys file show everything but the key', async () => {
    await withHome(async (home) => {
      await prepare(home)
      const argv = [
        'key',
        'create',
        '--role',
        'reporter',
        '--accounts',
        'shop, bot',
        '--name',
        '收银',
        '--rate-limit',
        '50',
      ]
      const { stdout, stderr, code } = await home.run(argv, { reveals: true })
      expect(code).toBe(0)
      expect(stdout).toMatch(/^lpk_[0-9a-z]{10}_[\w-]{43}\n$/)
      const key = stdout.trim()
      expect(stderr).toContain(`This is the key ${key.slice(4, 14)} (收银): reporter, shop, bot`)
      expect(stderr).not.toContain(key)
      const listed = await home.run(['key', 'list'])
      expect(listed.stdout).toContain(`${key.slice(4, 14)}  收银  reporter  shop, bot  since `)
      const [shown] = (await home.run(['key', 'list', '--json'])).json['keys'] as readonly object[]
      expect(Object.keys(shown ?? {})).toEqual(['id', 'name', 'role', 'accounts', 'createdAt', 'rateLimit'])
      const file = await readFile(join(home.directory, 'lingpai-keys.json'), 'utf8')
      expect(file).not.toContain(key.slice(15))
      await home.run(['key', 'revoke', key.slice(4, 14)])
      expect((await home.run(['key', 'list'])).stdout).toContain('revoked ')
    })
  })

  test.each([
    [['key'], /missing required argument/],
    [['key', 'make'], /the action must be create, list or revoke/],
    [['key', 'create', '--accounts', 'bot'], /--role must be one of reader, reporter, admin/],
    [['key', 'create', '--role', 'root', '--accounts', 'bot'], /--role must be one of/],
    [['key', 'create', '--role', 'reader'], /--accounts must be names/],
    [
      ['key', 'create', '--role', 'reader', '--accounts', 'bot,till'],
      /unknown account till; the accounts are: bot, shop/,
    ],
    [['key', 'create', '--role', 'reader', '--accounts', 'bot', '--rate-limit', '-1'], /--rate-limit must be/],
    [['key', 'create', '--role', 'reader', '--accounts', 'bot', '--name', ' '], /--name must be/],
    [['key', 'revoke'], /the id is missing/],
    [['key', 'revoke', 'PLANTED'], /unknown id/],
  ])('the arguments %j are rejected in one line', async (argv, words) => {
    await withHome(async (home) => {
      await prepare(home)
      const { code, stdout, stderr } = await home.run(argv)
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toMatch(words)
      expect(stderr).not.toContain('PLANTED')
    })
  })
})

test('serve does not start on a cache with a permanent failure', async () => {
  await withHome(async (home) => {
    await prepare(home)
    await home.write('tokens', 'a file where the directory belongs')
    const { code, stdout, stderr } = await home.run(['serve'])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^lingpai: fileCache: the store cannot be used: .*name another path/)
  })
})

test('serve logs an outage of the cache in one line at its beginning and one at its end', async () => {
  await withHome(async (home) => {
    await prepare(home)
    // The store is replaced in one step, because the server may be writing to it at any moment.
    const path = (name: string): string => join(home.directory, name)
    await mkdir(path('store'))
    await symlink(path('store'), path('tokens'))
    await symlink(path('store'), path('repaired'))
    await home.write('broken', 'a file where the directory belongs')

    const key = await createKey(home, '--role', 'admin')
    const served = await serve(home, key)
    while (!(await areStored(home, 2))) await served.get('/v1/accounts')
    // The server counts on from what it knows itself.
    expect(await served.get('/v1/accounts/shop/token')).toMatchObject({ status: 200, body: { generation: 1 } })
    await rename(path('broken'), path('tokens'))
    for (const generation of [2, 3]) {
      await refresh(served, 'shop', key)
      expect(await served.get('/v1/accounts/shop/token')).toMatchObject({ status: 200, body: { generation } })
    }
    await rename(path('repaired'), path('tokens'))
    await served.said('works again')
    served.process.kill('SIGTERM')
    const { stderr } = await served.ended
    expect(stderr.match(/ is failing: /g)).toHaveLength(1)
    const [, failures] = /works again after (\d+) failures/.exec(stderr) ?? []
    expect(Number(failures)).toBeGreaterThan(1)
  })
})
