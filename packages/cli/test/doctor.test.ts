import { chmod, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { withHome, type Ran } from './sandbox-home.js'

/** Returns the line about a check. */
function lineOf({ stdout }: Ran, check: string): string {
  return stdout.split('\n').find((line) => line.slice(6).startsWith(`${check}:`)) ?? `no line about ${check}`
}

test('doctor prints ok for every check if all is well', async () => {
  await withHome(async ({ run, simulator }) => {
    const ran = await run(['doctor'])
    expect(ran.code).toBe(0)
    for (const line of ran.stdout.trimEnd().split('\n').slice(0, -1)) expect(line).toMatch(/^ok {4}\S/)
    expect(ran.stdout).toMatch(/\n16 ok, 0 warn, 0 fail\n$/)
    expect(lineOf(ran, 'lingpai node')).toContain(process.versions.node)
    expect(lineOf(ran, 'qq-bot secret')).toBe('ok    qq-bot secret: from environment variable QQ_BOT_SECRET')
    expect(lineOf(ran, 'wecom works')).toBe('ok    wecom works: GET /cgi-bin/get_api_domain_ip accepts the token')
    expect(simulator.ledger.tokenRequests()).toBe(3)
    await run(['doctor', 'qq-bot'])
    expect(simulator.ledger.tokenRequests()).toBe(3)
  })
})

test('doctor --json lists all checks and their counts', async () => {
  await withHome(async ({ run, simulator }) => {
    simulator.change('wecom', { secret: 'reset-elsewhere' })
    const { code, json } = await run(['doctor', '--json'])
    expect(code).toBe(3)
    expect(json).toMatchObject({ ok: false, counts: { ok: 14, warn: 0, fail: 1 } })
    expect(json['checks']).toContainEqual(
      expect.objectContaining({
        result: 'fail',
        subject: 'wecom',
        check: 'token',
        message: expect.stringContaining('40001'),
      }),
    )
  })
})

test('doctor reports a wrong secret with a hint, and still compares the clocks', async () => {
  await withHome(async ({ run }) => {
    const ran = await run(['doctor', 'wechat-mp'], { env: { WECHAT_MP_APP_SECRET: 'PLANTED-SECRET-wrong' } })
    expect(ran.code).toBe(3)
    expect(lineOf(ran, 'wechat-mp token')).toMatch(
      /^fail {2}wechat-mp token: .*40125 invalid appsecret.* → Compare AppID/,
    )
    expect(lineOf(ran, 'wechat-mp clock')).toMatch(/^ok/)
    expect(ran.stdout).not.toContain('PLANTED')
  })
})

test('doctor reports a denied address of the token endpoint and of the API', async () => {
  await withHome(
    async ({ run, simulator }) => {
      for (const platform of ['qq', 'wechat', 'wecom'] as const)
        simulator.change(platform, { ipAllow: ['198.51.100.1'] })
      const ran = await run(['doctor'])
      expect(ran.code).toBe(3)
      expect(lineOf(ran, 'wechat-mp token')).toMatch(/^fail .*→ Add 203\.0\.113\.7 to the IP allowlist/)
      expect(lineOf(ran, 'wecom works')).toMatch(/^fail .*60020.*→ Add 203\.0\.113\.7 to the trusted IP/)
      expect(lineOf(ran, 'qq-bot works')).toMatch(/^fail .*40023002.*→ Add the address of this host/)
      const { json } = await run(['doctor', 'wecom', '--json'])
      expect(json['checks']).toContainEqual(expect.objectContaining({ check: 'works', ip: '203.0.113.7' }))
      // After the fix, the remembered failure does not prevent another attempt.
      simulator.change('wechat', { ipAllow: ['203.0.113.7'] })
      expect((await run(['doctor', 'wechat-mp'])).code).toBe(0)
    },
    { clientIp: '203.0.113.7' },
  )
})

test('doctor prints hints in the configured language', async () => {
  await withHome(async ({ run, simulator, write }) => {
    await write(
      'lingpai.yaml',
      `language: zh\naccounts: { bot: { provider: qq-bot, appId: 102000001, secretEnv: QQ_BOT_SECRET, baseUrl: "${simulator.url}/qq" } }\n`,
    )
    simulator.change('qq', { ipAllow: ['198.51.100.1'] })
    expect(lineOf(await run(['doctor']), 'bot works')).toContain(
      '→ 请在 QQ 开放平台把 本机出口 IP 加入机器人的 IP 白名单',
    )
  })
})

test('doctor warns of a clock difference of more than 30 s in both directions', async () => {
  await withHome(async ({ run, simulator }) => {
    const skewed = async (seconds: number) => {
      simulator.clearFaults()
      const date = new Date(Date.now() - seconds * 1000).toUTCString()
      simulator.fault({ platform: 'qq', headers: { date }, times: Infinity })
      const ran = await run(['doctor', 'qq-bot'])
      expect(ran.code).toBe(0)
      return lineOf(ran, 'qq-bot clock')
    }
    expect(await skewed(90)).toMatch(
      /^warn {2}qq-bot clock: this host is 1 min (29|30) s ahead of the platform → Set the clock/,
    )
    expect(await skewed(-3600)).toMatch(/^warn {2}qq-bot clock: this host is (1 h|59 min 59 s) behind the platform/)
    expect(await skewed(20)).toMatch(/^ok {4}qq-bot clock: this host is (19|20) s ahead/)
  })
})

test('doctor fails for a world-readable secret file, and warns of a group-readable one', async () => {
  await withHome(async ({ run, write, env, simulator }) => {
    const path = await write('keys/bot', `${env['QQ_BOT_SECRET']}\n`)
    const account = `{ provider: qq-bot, appId: 102000001, secretFile: keys/bot, baseUrl: "${simulator.url}/qq" }`
    await write('lingpai.yaml', `accounts: { bot: ${account} }\n`)
    const withMode = async (mode: number, ...more: readonly string[]) => {
      await chmod(path, mode)
      const ran = await run(['doctor', ...more])
      return [ran.code, lineOf(ran, 'bot secret')]
    }
    expect(await withMode(0o600)).toEqual([0, `ok    bot secret: from file ${path}`])
    expect(await withMode(0o644)).toEqual([
      3,
      expect.stringContaining(`fail  bot secret: bot: ${path} can be read by everybody (0644); chmod 600 it`),
    ])
    expect(await withMode(0o644, '--allow-world-readable')).toEqual([
      0,
      `warn  bot secret: ${path} can be read by everybody (0644) → chmod 600 ${path}`,
    ])
    expect(await withMode(0o640)).toEqual([
      0,
      `warn  bot secret: ${path} can be read by its group (0640) → chmod 600 ${path}`,
    ])
  })
})

test('doctor fails for an account without a secret and still checks the others', async () => {
  await withHome(async ({ run }) => {
    const ran = await run(['doctor'], { env: { QQ_BOT_SECRET: undefined } })
    expect(ran.code).toBe(3)
    expect(lineOf(ran, 'qq-bot secret')).toMatch(
      /^fail {2}qq-bot secret: .*QQ_BOT_SECRET is not set.* → Set QQ_BOT_SECRET/,
    )
    expect(lineOf(ran, 'wecom works')).toMatch(/^ok/)
  })
})

test('doctor fails for an unwritable cache, and warns of one that others can enter', async () => {
  await withHome(async ({ run, write, directory }) => {
    const file = await write('a-file', 'in the way')
    const broken = await run(['doctor', 'qq-bot'], { env: { LINGPAI_CACHE: `file:${file}/below` } })
    expect(broken.code).toBe(3)
    expect(lineOf(broken, 'cache use')).toMatch(/^fail {2}cache use: .* failed \(ENOTDIR\).* → something else stands/)
    expect(lineOf(broken, 'qq-bot works')).toMatch(/^ok/)

    const open = join(directory, 'open')
    await mkdir(open)
    await chmod(open, 0o755)
    await write('open/something-else', 'so that it is left as it is')
    const shared = await run(['doctor', 'qq-bot'], { env: { LINGPAI_CACHE: `file:${open}` } })
    expect(shared.code).toBe(0)
    expect(lineOf(shared, 'cache directory')).toBe(
      `warn  cache directory: ${open} can be entered by other users (0755); its files are still private → chmod 700 ${open}`,
    )
    const memory = await run(['doctor', 'qq-bot'], { env: { LINGPAI_CACHE: 'memory:' } })
    expect(lineOf(memory, 'cache use')).toContain('this process only')
  })
})

test('repeated runs of doctor leave one entry in the cache', async () => {
  await withHome(async ({ run, directory }) => {
    const counts: number[] = []
    for (let times = 0; times < 3; times++) {
      await run(['doctor', 'qq-bot'])
      const found = await readdir(join(directory, 'cache/lingpai'), { withFileTypes: true })
      counts.push(found.filter((each) => each.isDirectory()).length)
    }
    // The other entry is the token's; writing it removes expired entries.
    expect(Math.max(...counts)).toBe(2)
  })
})

test('doctor reports an unreachable platform with its host', async () => {
  await withHome(async ({ run, simulator }) => {
    await simulator.close()
    const { code, stdout } = await run(['doctor', 'wecom'])
    expect(code).toBe(3)
    expect(stdout).toMatch(
      /^fail {2}wecom token: .*could not be reached.* → Check that this host can reach http:\/\/127\.0\.0\.1:\d+/m,
    )
  })
})

test('doctor finds and replaces a revoked token in the cache', async () => {
  await withHome(async ({ run, simulator }) => {
    await run(['token', 'qq-bot'])
    simulator.revoke('qq')
    const ran = await run(['doctor', 'qq-bot'])
    expect(lineOf(ran, 'qq-bot works')).toMatch(/^ok/)
    expect(simulator.ledger.tokenRequests()).toBe(2)
  })
})

test('doctor warns of a failing API with a usable token', async () => {
  await withHome(async ({ run, simulator }) => {
    simulator.fault({ platform: 'qq', endpoint: 'api', status: 502, times: 1 })
    const ran = await run(['doctor', 'qq-bot'])
    expect(ran.code).toBe(0)
    expect(lineOf(ran, 'qq-bot works')).toBe(
      'warn  qq-bot works: GET /gateway responded with HTTP 502 → Try again later.',
    )
    simulator.fault({ platform: 'qq', endpoint: 'api', drop: 'before', times: 1 })
    const dropped = await run(['doctor', 'qq-bot'])
    expect(dropped.code).toBe(3)
    expect(lineOf(dropped, 'qq-bot works')).toContain('failed')
  })
})

test('doctor warns of an address without TLS on another host', async () => {
  await withHome(async ({ run }) => {
    const io = { fetch: async () => new Response('{}', { status: 500 }) }
    const ran = await run(['doctor', 'qq-bot'], { env: { QQ_BOT_BASE_URL: 'http://proxy.example/qq' }, io })
    expect(lineOf(ran, 'qq-bot address')).toMatch(/^warn .*http:\/\/proxy\.example is not encrypted/)
  })
})

test('doctor reports configuration problems and an old Node.js', async () => {
  await withHome(async ({ run, write }) => {
    await write('lingpai.yaml', 'accounts:\n  a: {}\n  b: {}\n')
    const ran = await run(['doctor'], { io: { nodeVersion: '18.20.0' } })
    expect(ran.code).toBe(3)
    expect(ran.stdout.match(/^fail {2}lingpai configuration: lingpai\.yaml:\d+: accounts\.\w/gm)).toHaveLength(2)
    expect(lineOf(ran, 'lingpai node')).toMatch(/^fail .*18\.20\.0 is too old → Install Node\.js 20\.19/)
    expect(ran.stdout).toMatch(/0 ok, 0 warn, 3 fail\n$/)
  })
})
