import { execFileSync } from 'node:child_process'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withHome } from './sandbox-home.js'

test('an account from the environment gets a token, which is masked', async () => {
  await withHome(async ({ run, simulator }) => {
    const { code, stdout, stderr } = await run(['token', 'qq-bot'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(
      /^qq-bot {2}qq-bot:102000001\n {2}token {7}•••• \(\d+ characters\)\n {2}generation {2}1\n {2}expires/,
    )
    expect(stdout).toMatch(/\(in 2 h\)|\(in 1 h 59 min\)/)
    expect(simulator.ledger.tokenRequests()).toBe(1)
  })
})

test('a second run of token uses the cache', async () => {
  await withHome(async ({ run, simulator }) => {
    for (const name of ['qq-bot', 'wechat-mp', 'wecom']) {
      expect((await run(['token', name])).code).toBe(0)
      expect((await run(['token', name, '--json'])).json).toMatchObject({ account: name, generation: 1 })
    }
    expect(simulator.ledger.tokenRequests()).toBe(3)
  })
})

test('token --reveal prints only the token', async () => {
  await withHome(async ({ run, simulator }) => {
    const { stdout, stderr, code } = await run(['token', 'wecom', '--reveal'], { reveals: true })
    expect(stdout).toMatch(/^simtok_wecom_\S+\n$/)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const response = await fetch(`${simulator.url}/wecom/cgi-bin/get_api_domain_ip?access_token=${stdout.trim()}`)
    expect(await response.json()).toMatchObject({ errcode: 0 })
  })
})

test('token --json prints one object with the documented members, and the token only with --reveal', async () => {
  await withHome(async ({ run }) => {
    const { json } = await run(['token', 'qq-bot', '--json'])
    const members = ['account', 'generation', 'issuedAtMs', 'expiresAtMs', 'expiresInSeconds', 'length']
    expect(Object.keys(json)).toEqual(members)
    const revealed = await run(['token', 'qq-bot', '--json', '--reveal'], { reveals: true })
    expect(Object.keys(revealed.json)).toEqual([...members, 'token'])
    expect(revealed.json['token']).toHaveLength(Number(json['length']))
  })
})

test('token --format prints the token as its header, as variables or as JSON', async () => {
  await withHome(async ({ run, simulator }) => {
    const format = (name: string, as: string) => run(['token', name, '--format', as], { reveals: true })
    const value = (await format('qq-bot', 'value')).stdout.trim()
    expect(value).toMatch(/^simtok_qq/)
    const header = (await format('qq-bot', 'header')).stdout
    expect(header).toBe(`Authorization: QQBot ${value}\n`)
    expect((await format('qq-bot', 'env')).stdout).toBe(`QQ_BOT_ACCESS_TOKEN=${value}\n`)
    expect((await format('qq-bot', 'json')).json).toMatchObject({ account: 'qq-bot', token: value })
    const [name = '', ...rest] = header.trim().split(': ')
    const response = await fetch(`${simulator.url}/qq/users/@me`, { headers: { [name]: rest.join(': ') } })
    expect(response.status).toBe(200)
  })
})

test('token --format env is read by a shell as it is, and has the names of the platform’s tools', async () => {
  await withHome(async ({ run, simulator }) => {
    const { appId, appSecret } = simulator.accounts.feishu
    const odd = `t-$(false)'"\\;&`
    simulator.fault({ endpoint: 'token', body: { code: 0, msg: 'ok', tenant_access_token: odd, expire: 7200 } })
    const env = { FEISHU_APP_ID: appId, FEISHU_APP_SECRET: appSecret, FEISHU_BASE_URL: `${simulator.url}/feishu` }
    const { stdout } = await run(['token', 'feishu', '--format', 'env'], { env, reveals: true })
    const names = ['FEISHU_ACCESS_TOKEN', 'LARKSUITE_CLI_TENANT_ACCESS_TOKEN', 'LARKSUITE_CLI_APP_ID']
    const script = `${stdout}printf '%s\\n' ${names.map((name) => `"$${name}"`).join(' ')}`
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(`${odd}\n${odd}\n${appId}\n`)
  })
})

test.each([
  ['yaml', 'qq-bot', /--format must be one of value, header, env, json/],
  ['header', 'wecom', /wecom takes its token in the URL, not in a header\n {2}hint: Use --format value/],
])('token --format %s of %s is an error of usage', async (as, name, text) => {
  await withHome(async ({ run }) => {
    const { code, stdout, stderr } = await run(['token', name, '--format', as])
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(text) })
  })
})

test('an environment variable can name a file with the secret', async () => {
  await withHome(async ({ run, write, env }) => {
    const path = await write('bot.secret', `${env['QQ_BOT_SECRET']}\n`)
    const ran = await run(['token', 'qq-bot'], { env: { QQ_BOT_SECRET: undefined, QQ_BOT_SECRET_FILE: path } })
    expect(ran.code).toBe(0)
    const both = await run(['token', 'qq-bot'], { env: { QQ_BOT_SECRET_FILE: path } })
    expect(both.code).toBe(2)
    expect(both.stderr).toContain('QQ_BOT_SECRET and QQ_BOT_SECRET_FILE are both set')
  })
})

test('a missing, an empty and an unreadable secret give different errors before any request', async () => {
  await withHome(async ({ run, directory, simulator }) => {
    const withSecret = (env: Record<string, string | undefined>) =>
      run(['token', 'qq-bot'], { env: { QQ_BOT_SECRET: undefined, ...env } })
    const missing = await withSecret({})
    expect(missing.stderr).toContain('qq-bot: the secret is missing: QQ_BOT_SECRET is not set')
    expect(missing.stderr).toContain('hint: Set QQ_BOT_SECRET, or set QQ_BOT_SECRET_FILE')
    const empty = await withSecret({ QQ_BOT_SECRET: ' ' })
    expect(empty.stderr).toContain('QQ_BOT_SECRET is set but empty')
    const lost = await withSecret({ QQ_BOT_SECRET_FILE: `${directory}/nowhere` })
    expect(lost.stderr).toContain('cannot be read (ENOENT)')
    expect([missing.code, empty.code, lost.code]).toEqual([2, 2, 2])
    const unnamed = await withSecret({ QQ_BOT_SECRET_FILE: '' })
    expect(unnamed.stderr).toBe(
      'lingpai: qq-bot: environment variable QQ_BOT_SECRET_FILE is set but empty\n  hint: Set QQ_BOT_SECRET, or set QQ_BOT_SECRET_FILE to the path of a file that contains it.\n',
    )
    await chmod(directory, 0o755)
    const folder = await withSecret({ QQ_BOT_SECRET_FILE: directory })
    expect(folder.stderr).toContain(`qq-bot: ${directory} is not a file`)
    const utf16 = join(directory, 'utf16.secret')
    await writeFile(utf16, Buffer.from('\uFEFFPLANTED-SECRET', 'utf16le'), { mode: 0o600 })
    const wide = await withSecret({ QQ_BOT_SECRET_FILE: utf16 })
    expect(wide.stderr).toContain(`qq-bot: the secret file ${utf16} is not text in UTF-8`)
    expect([unnamed.code, folder.code, wide.code]).toEqual([2, 2, 2])
    expect(simulator.ledger.tokenRequests()).toBe(0)
  })
})

test('a missing secret is asked for at a terminal, and the input is not shown', async () => {
  await withHome(async ({ run, env }) => {
    const secret = env['QQ_BOT_SECRET'] ?? ''
    const ran = await run(['token', 'qq-bot'], { env: { QQ_BOT_SECRET: undefined }, typed: `${secret}\r` })
    expect(ran.code).toBe(0)
    expect(ran.stderr).toBe('clientSecret of qq-bot (hidden): \n')
    expect(ran.stdout).not.toContain(secret)
    const left = await run(['token', 'qq-bot'], { env: { QQ_BOT_SECRET: undefined }, typed: '\u0003' })
    expect(left.code).toBe(2)
    expect(left.stderr).toContain('no secret was entered')
  })
})

test('a wrong secret gives exit code 1 with the message of the platform and a hint', async () => {
  await withHome(async ({ run }) => {
    const env = { QQ_BOT_SECRET: 'wrong-secret-that-must-not-show' }
    const { code, stderr, json } = await run(['token', 'qq-bot', '--json'], { env })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^lingpai: qq-bot: .*100016 invalid appid or secret/)
    expect(stderr).toContain('  hint: Check that the AppSecret')
    expect(json['error']).toMatchObject({
      code: 'ERR_LINGPAI_PLATFORM',
      retryable: false,
      details: { platformCode: 100016, errorClass: 'credential-invalid' },
    })
  })
})

test('an unknown account is reported with the names of all accounts', async () => {
  await withHome(async ({ run }) => {
    const { code, stderr } = await run(['token', 'shop'])
    expect(code).toBe(2)
    expect(stderr).toContain('no account shop in the environment; the accounts are: qq-bot, wechat-mp, wecom')
  })
})

test('without a file and environment variables, the error shows how to begin', async () => {
  await withHome(async ({ run, env }) => {
    const nothing = Object.fromEntries(
      Object.keys(env).flatMap((name) => (/^(QQ|WE)/.test(name) ? [[name, undefined]] : [])),
    )
    const { code, stderr } = await run(['token', 'wecom'], { env: nothing })
    expect(code).toBe(2)
    expect(stderr).toContain(
      'export WECOM_CORP_ID=… WECOM_AGENT_ID=… WECOM_CORP_SECRET=…, or create a file: lingpai init',
    )
  })
})

test('an unwritable cache causes a warning, and a token is still printed', async () => {
  await withHome(async ({ run, write }) => {
    const file = await write('a-file', 'in the way')
    const { code, stdout, stderr } = await run(['token', 'qq-bot'], { env: { LINGPAI_CACHE: `file:${file}/below` } })
    expect(code).toBe(0)
    expect(stdout).toContain('generation  1')
    expect(stderr.match(/lingpai: the cache file:\S+ is failing/g)).toHaveLength(1)
  })
})

test('an incomplete account of the environment does not affect the others', async () => {
  await withHome(async ({ run }) => {
    const env = { WECOM_CORP_ID: undefined, WECHAT_MP_BASE_URL: 'no-url' }
    expect((await run(['token', 'qq-bot'], { env })).code).toBe(0)
    const own = await run(['token', 'wecom'], { env })
    expect(own.code).toBe(2)
    expect(own.stderr).toContain('wecom: environment variable WECOM_CORP_ID or WECOM_CORPID is missing')
    const all = await run(['status'], { env })
    expect(all.code).toBe(2)
    expect(all.stdout).toMatch(/^qq-bot +valid/m)
    expect(all.stdout).toMatch(/^wecom +misconfigured/m)
    const doctor = await run(['doctor'], { env })
    expect(doctor.code).toBe(3)
    expect(doctor.stdout).toMatch(/^fail {2}wecom configuration: .*WECOM_CORP_ID/m)
    expect(doctor.stdout).toMatch(/^fail {2}wechat-mp configuration: .*baseUrl/m)
    const only = await run(['status'], { env: { ...env, QQ_BOT_APP_ID: undefined, QQ_BOT_SECRET: undefined } })
    expect(only.code).toBe(2)
  })
})
