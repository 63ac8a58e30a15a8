import { chown, lchown, mkdir, readFile, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { configurationJsonSchema } from '../src/index.js'
import { providerNames } from '../src/known-providers.js'
import { withHome, type Home } from './sandbox-home.js'

/** A file with one valid QQ account. */
function shopFile({ simulator }: Pick<Home, 'simulator'>, more = ''): string {
  return `${more}accounts:
  shop:
    provider: qq-bot
    appId: 102000001
    secretEnv: MY_SHOP
    baseUrl: ${simulator.url}/qq
`
}

test('a file in a parent directory defines the accounts, and its paths are relative to it', async () => {
  await withHome(async (home) => {
    await home.write(
      'lingpai.yaml',
      shopFile(home, 'cache: file:tokens\n').replace('secretEnv: MY_SHOP', 'secretFile: keys/shop'),
    )
    await home.write('keys/shop', `${home.env['QQ_BOT_SECRET']}\n`)
    const cwd = join(home.directory, 'a/b')
    await mkdir(cwd, { recursive: true })
    expect((await home.run(['token', 'shop'], { cwd })).code).toBe(0)
    const { json } = await home.run(['status', '--json'], { cwd })
    expect(json).toMatchObject({
      cache: `file:${home.directory}/tokens`,
      accounts: [{ account: 'shop', state: 'valid' }],
    })
  })
})

test('--config overrides LINGPAI_CONFIG, which overrides the search; LINGPAI_CACHE overrides cache', async () => {
  await withHome(async (home) => {
    const env = { MY_SHOP: home.env['QQ_BOT_SECRET'] }
    const name = (account: string) => shopFile(home).replace('shop:', `${account}:`)
    await home.write('lingpai.yaml', name('found'))
    await home.write('env.yaml', name('named'))
    await home.write('flag.yaml', name('chosen'))
    const accounts = async (argv: string[], more = {}) => {
      const { json } = await home.run(['status', '--json', ...argv], { env: { ...env, ...more } })
      return json
    }
    expect(await accounts([])).toMatchObject({ accounts: [{ account: 'found' }] })
    expect(await accounts([], { LINGPAI_CONFIG: 'env.yaml' })).toMatchObject({ accounts: [{ account: 'named' }] })
    const flag = ['--config', 'flag.yaml']
    expect(await accounts(flag, { LINGPAI_CONFIG: 'env.yaml' })).toMatchObject({ accounts: [{ account: 'chosen' }] })
    expect(await accounts([], { LINGPAI_CACHE: 'memory:' })).toMatchObject({ cache: 'memory:' })
  })
})

test('each problem of a configuration file is one line with its line number', async () => {
  await withHome(async ({ run, write }) => {
    await write(
      'lingpai.yaml',
      `cache: 7
timeoutMs: soon
colour: red
accounts:
  shop:
    provider: qq-bot
    agentId: 4
    secretEnv: MY_SHOP
  corp:
    provider: wecom
    corpId: "<corpId>"
    agentId: [1]
  other:
    provider: stranger
  lone:
  "a b":
    provider: qq-bot
    appId: 1
    secretEnv: mysecret
    baseUrl: https://user:pw@example.com
`,
    )
    const { code, stderr, stdout } = await run(['status'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    const lines = stderr.trimEnd().split('\n')
    expect(lines.pop()).toMatch(/^ {2}hint: Edit .*lingpai\.yaml$/)
    for (const line of lines) expect(line).toMatch(/^lingpai: lingpai\.yaml:\d+: [\w. ]+: \S/)
    const about = lines.map((line) => line.replace('lingpai: lingpai.yaml:', ''))
    expect(about).toEqual([
      '1: cache: must be text',
      '2: timeoutMs: must be a whole number of milliseconds',
      '3: colour: is unknown; the known fields are cache, encryption, timeoutMs, language, allowWorldReadable, server, accounts',
      '5: accounts.shop.appId: is missing',
      '7: accounts.shop.agentId: is unknown for qq-bot; the known fields are provider, appId, secretEnv, secretFile, baseUrl, apiBaseUrl, minLifeSeconds',
      '9: accounts.corp: must have secretEnv: NAME or secretFile: path',
      '11: accounts.corp.corpId: still has the placeholder: replace it by the id of your account',
      "12: accounts.corp.agentId: must be the id as shown in the platform's console",
      `14: accounts.other.provider: must be one of ${providerNames.join(', ')}`,
      '15: accounts.lone: must be a mapping',
      '16: accounts.a b: must be a name of letters, digits, dots, hyphens and underscores',
    ])
  })
})

test('invalid values of single fields are reported', async () => {
  await withHome(async (home) => {
    const problem = async (from: string, to: string) => {
      await home.write('lingpai.yaml', shopFile(home).replace(from, to))
      return (await home.run(['status'])).stderr.split('\n')[0]?.replace('lingpai: lingpai.yaml:', '')
    }
    expect(await problem('secretEnv: MY_SHOP', 'secretEnv: pasted-by-mistake')).toMatch(
      /^5: accounts\.shop\.secretEnv: must be the name of an environment variable/,
    )
    expect(await problem('secretEnv: MY_SHOP', 'secretEnv: A\n    secretFile: b')).toMatch(
      /^2: accounts\.shop: must not have both secretEnv and secretFile/,
    )
    expect(await problem('baseUrl: http', 'baseUrl: ftp')).toMatch(/^6: accounts\.shop\.baseUrl: must be an http/)
    expect(await problem('provider: qq-bot', 'unit: 1')).toMatch(
      /^2: accounts\.shop\.provider: is missing: one of .*qq-bot/,
    )
    expect(await problem('accounts:', 'language: fr\naccounts:')).toMatch(/^1: language: must be en or zh/)
    expect(await problem('accounts:', 'timeoutMs: 5\naccounts:')).toMatch(/^1: timeoutMs: must be at least 100/)
    expect(await problem('secretEnv: MY_SHOP', 'secretEnv: MY_SHOP\n    minLifeSeconds: 1800')).toMatch(
      /^6: accounts\.shop\.minLifeSeconds: is not possible: this platform repeats its token/,
    )
    expect(await problem('secretEnv: MY_SHOP', 'secretEnv: MY_SHOP\n    minLifeSeconds: 7200')).toMatch(
      /^6: accounts\.shop\.minLifeSeconds: must be whole seconds from 1 to 3400/,
    )
    await home.write('lingpai.yaml', 'accounts: {}\n')
    expect((await home.run(['status'])).stderr).toContain('lingpai.yaml:1: accounts: must have at least one account')
    await home.write('lingpai.yaml', '')
    expect((await home.run(['status'])).stderr).toContain('lingpai.yaml:1: must be a mapping')
  })
})

test('a secret in the file is rejected with a hint and never shown', async () => {
  await withHome(async (home) => {
    for (const key of ['clientSecret', 'secret', 'appSecret', 'password']) {
      await home.write('lingpai.yaml', shopFile(home).replace('secretEnv: MY_SHOP', `${key}: PLANTED-SECRET-in-yaml`))
      const { code, stderr } = await home.run(['token', 'shop'])
      expect(code).toBe(2)
      expect(stderr).toContain(`lingpai.yaml:5: accounts.shop.${key}: a secret must not be in this file`)
      expect(stderr).toContain('secretEnv: NAME or secretFile: path')
      expect(stderr).not.toContain('PLANTED')
    }
  })
})

test.each(['cache: memory:\naccounts: {}\n', 'cache: memory: # here\n', 'accounts:\n  a: { baseUrl: memory: }\n'])(
  'an unquoted value with a colon at its end is reported: %j',
  async (yaml) => {
    await withHome(async ({ write, run }) => {
      await write('lingpai.yaml', yaml)
      const { code, stderr } = await run(['status'])
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringMatching(
          /^lingpai: lingpai\.yaml:\d: invalid YAML: a value .* must be quoted \("memory:"\)\n/,
        ),
      })
    })
  },
)

test('invalid YAML is reported in one line that quotes nothing of the file', async () => {
  await withHome(async ({ run, write }) => {
    for (const broken of [
      'a: "PLANTED-SECRET',
      'a: |PLANTED-SECRET\n b',
      'a: "\\xPLANTED-SECRET"',
      'a: *PLANTED-SECRET',
      'a: 1\na: 2',
    ]) {
      await write('lingpai.yaml', `accounts:\n${broken}\n`)
      const { code, stderr } = await run(['status'])
      expect(code).toBe(2)
      expect(stderr).toMatch(/^lingpai: lingpai\.yaml:\d+: invalid YAML: /)
      expect(stderr).not.toContain('PLANTED')
    }
  })
})

test('ids keep all digits of the file', async () => {
  await withHome(async (home) => {
    await home.write('lingpai.yaml', shopFile(home).replace('102000001', '00123456789012345678'))
    const { stderr, json } = await home.run(['token', 'shop', '--json'], {
      env: { MY_SHOP: home.env['QQ_BOT_SECRET'] },
    })
    expect(stderr).toContain('机器人不存在')
    expect(JSON.stringify(json)).toContain('10004')
    const { stdout } = await home.run(['doctor', 'shop'], { env: { MY_SHOP: home.env['QQ_BOT_SECRET'] } })
    expect(stdout).toContain('10004')
    await home.write('lingpai.yaml', shopFile(home).replace('102000001', '"102000001"'))
    expect((await home.run(['token', 'shop'], { env: { MY_SHOP: home.env['QQ_BOT_SECRET'] } })).code).toBe(0)
  })
})

test('an unknown cache is reported with the known ones and without its password', async () => {
  await withHome(async ({ run }) => {
    const withCache = (url: string) => run(['status'], { env: { LINGPAI_CACHE: url } })
    const other = await withCache('mongodb://user:hunter2hunter2@db')
    expect(other.code).toBe(2)
    expect(other.stderr).toContain(
      'cache: unknown scheme mongodb:\n  hint: Known schemes: memory:, file:, sqlite:, redis:',
    )
    expect(other.stderr).not.toContain('hunter2hunter2')
    expect((await withCache('/var/cache')).stderr).toContain('cache: the value must be a URL')
    expect((await withCache('file:')).stderr).toContain('file: must name a directory')
    expect((await withCache('sqlite:')).stderr).toContain('sqlite: must name a file')
  })
})

test('a file cache can be a relative path, an absolute path, a path in the home directory, or a URL', async () => {
  await withHome(async ({ run, directory }) => {
    const cacheOf = async (url: string) =>
      (await run(['status', '--json'], { env: { LINGPAI_CACHE: url } })).json['cache']
    expect(await cacheOf('file:here')).toBe(`file:${directory}/here`)
    expect(await cacheOf('file:/var/tmp/there')).toBe('file:/var/tmp/there')
    expect(await cacheOf('file:~/there')).toBe(`file:${directory}/there`)
    expect(await cacheOf(`file://${directory}/with%20space`)).toBe(`file:${directory}/with space`)
    expect(await cacheOf('memory:')).toBe('memory:')
  })
})

test('a configuration file of another user is ignored unless it is named', async () => {
  // Only root can change the owner of a file.
  if (process.getuid?.() !== 0) return
  await withHome(async (home) => {
    const path = await home.write('lingpai.yaml', shopFile(home), 0o644)
    await chown(path, 12_345, 12_345)
    const cwd = join(home.directory, 'below')
    await mkdir(cwd)
    const env = { MY_SHOP: home.env['QQ_BOT_SECRET'] }
    // The owner of the directory could have placed a file there to get our secrets.
    await chown(home.directory, 12_345, 12_345)
    for (const here of [home.directory, cwd]) {
      const found = await home.run(['token', 'shop'], { cwd: here, env })
      expect(found.code).toBe(2)
      expect(found.stderr).toContain(`${path} belongs to another user and is ignored`)
    }
    const link = join(cwd, 'lingpai.yaml')
    await symlink(await home.write('own.yaml', shopFile(home)), link)
    await lchown(link, 12_345, 12_345)
    expect((await home.run(['token', 'shop'], { cwd, env })).stderr).toContain(`${link} belongs to another user`)
    await rm(link)
    expect((await home.run(['token', 'shop', '--config', path], { cwd, env })).code).toBe(0)
  })
})

test('a configuration file that is missing, a directory or too large is one error', async () => {
  await withHome(async ({ run, directory, write }) => {
    expect((await run(['status', '--config', 'nowhere.yaml'])).stderr).toContain('nowhere.yaml cannot be read (ENOENT)')
    expect((await run(['status', '--config', directory])).stderr).toContain('cannot be read (EISDIR)')
    await write('big.yaml', '#'.repeat(1_100_000))
    expect((await run(['status', '--config', 'big.yaml'])).stderr).toContain('larger than 1 MiB')
  })
})

test('the published JSON Schema is that of the validator', async () => {
  const published = await readFile(new URL('../lingpai.schema.json', import.meta.url), 'utf8')
  expect(JSON.parse(published)).toEqual(configurationJsonSchema())
  await withHome(async ({ run }) => {
    expect(JSON.parse((await run(['schema'])).stdout)).toEqual(configurationJsonSchema())
    expect((await run(['schema', '--json'])).json).toEqual(configurationJsonSchema())
  })
})
