import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { withHome } from './sandbox-home.js'

/** A program that writes down what it got, and does as its arguments say. */
const program = `
const { readFileSync, writeFileSync } = require('node:fs')
const [out, then] = process.argv.slice(1)
const names = Object.keys(process.env).filter((name) => /TOKEN|LARKSUITE/.test(name))
const seen = { args: readFileSync('/proc/self/cmdline', 'utf8').split('\\0'), parent: readFileSync('/proc/' + process.ppid + '/cmdline', 'utf8').split('\\0') }
writeFileSync(out, JSON.stringify({ ...seen, env: Object.fromEntries(names.map((name) => [name, process.env[name]])) }))
if (then === 'wait') {
  process.on('SIGTERM', () => process.exit(42))
  console.log('waits')
  setInterval(() => {}, 1000)
} else process.exit(Number(then))
`

interface Seen {
  readonly args: readonly string[]
  readonly parent: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

const seenIn = async (path: string): Promise<Seen> => JSON.parse(await readFile(path, 'utf8')) as Seen

test('a program has the token in its environment and nowhere else, and its exit code is the result', async () => {
  await withHome(async ({ spawn: start, simulator, directory }) => {
    const out = `${directory}/seen.json`
    const { code, stdout, stderr } = await start(['exec', 'qq-bot', '--', 'node', '-e', program, out, '7']).ended
    expect({ code, stdout, stderr }).toEqual({ code: 7, stdout: '', stderr: '' })
    const { env, args, parent } = await seenIn(out)
    expect(env).toEqual({ QQ_BOT_ACCESS_TOKEN: expect.stringMatching(/^simtok_qq/) })
    expect([...args, ...parent].join(' ')).not.toContain('simtok_')
    expect(simulator.ledger.tokenRequests()).toBe(1)
  })
})

test('a tool of Feishu finds the token under the names that it reads', async () => {
  await withHome(async ({ spawn: start, simulator, directory }) => {
    const { appId, appSecret } = simulator.accounts.feishu
    const feishu = { FEISHU_APP_ID: appId, FEISHU_APP_SECRET: appSecret, FEISHU_BASE_URL: `${simulator.url}/feishu` }
    const out = `${directory}/seen.json`
    const argv = ['exec', 'feishu', 'qq-bot', '--', 'node', '-e', program, out, '0']
    expect((await start(argv, feishu).ended).code).toBe(0)
    const { env } = await seenIn(out)
    expect(env).toEqual({
      FEISHU_ACCESS_TOKEN: expect.stringMatching(/^simtok_feishu/),
      LARKSUITE_CLI_TENANT_ACCESS_TOKEN: env['FEISHU_ACCESS_TOKEN'],
      LARKSUITE_CLI_APP_ID: appId,
      QQ_BOT_ACCESS_TOKEN: expect.stringMatching(/^simtok_qq/),
    })
  })
})

test('--env names the variable, and a token lives as long as --min-life says', async () => {
  await withHome(async ({ spawn: start, simulator, directory }) => {
    const out = `${directory}/seen.json`
    const argv = ['exec', 'qq-bot', '--env', 'BOT_TOKEN', '--min-life', '60', '--', 'node', '-e', program, out, '0']
    expect((await start(argv).ended).code).toBe(0)
    expect((await seenIn(out)).env).toEqual({ BOT_TOKEN: expect.stringMatching(/^simtok_qq/) })
    expect(simulator.ledger.tokenRequests()).toBe(1)
  })
})

test('no account takes the place of another in a variable', async () => {
  await withHome(async ({ spawn: start, run, simulator, write, directory }) => {
    const { appId, appSecret } = simulator.accounts.feishu
    const secretFile = await write('feishu.secret', appSecret)
    const feishu = { appId, baseUrl: `${simulator.url}/feishu`, secretFile }
    const accounts = {
      'shop.a': { provider: 'feishu', ...feishu },
      'shop-a': { provider: 'feishu', ...feishu, appId: 'cli_another' },
      shop: { provider: 'feishu', ...feishu },
      'by-oauth': { provider: 'feishu-oauth', ...feishu },
    }
    await write('lingpai.yaml', JSON.stringify({ accounts }))
    const { code, stderr } = await run(['exec', 'shop.a', 'shop-a', '--', 'true'])
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/SHOP_A_ACCESS_TOKEN stands for shop\.a and shop-a/),
    })
    expect(simulator.ledger.tokenRequests()).toBe(0)
    // Each has what the tools of Feishu read.
    const out = `${directory}/seen.json`
    expect((await start(['exec', 'shop', 'by-oauth', '--', 'node', '-e', program, out, '0']).ended).code).toBe(0)
    expect(Object.keys((await seenIn(out)).env)).toEqual(['SHOP_ACCESS_TOKEN', 'BY_OAUTH_ACCESS_TOKEN'])
  })
})

test('SIGTERM reaches the program, whose exit code is the result', async () => {
  await withHome(async ({ spawn: start, directory }) => {
    const argv = ['exec', 'qq-bot', '--', 'node', '-e', program, `${directory}/seen.json`, 'wait']
    const { process: child, ended } = start(argv)
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 42, stderr: '' })
  })
})

test('a program that a signal ends has the exit code of shells', async () => {
  await withHome(async ({ spawn: start }) => {
    expect((await start(['exec', 'qq-bot', '--', 'sh', '-c', 'kill -KILL $$']).ended).code).toBe(137)
  })
})

test('a warning tells that the program has outlived its token', async () => {
  await withHome(
    async ({ spawn: start }) => {
      const { process: child, ended } = start(['exec', 'qq-bot', '--', 'sleep', '60'])
      await once(child.stderr, 'data')
      child.kill('SIGTERM')
      const { code, stderr } = await ended
      expect(stderr).toBe('lingpai: the token of qq-bot has expired, and the program has no other: start it again\n')
      expect(code).toBe(143)
    },
    // Two seconds of the client's time.
    { timeScale: 3600 },
  )
})

test.each<[string, readonly string[], RegExp]>([
  ['no program', ['qq-bot'], /no program to run\n {2}hint: Put it after --/],
  [
    'a program that does not exist',
    ['qq-bot', '--', './no-such-program'],
    /cannot start \.\/no-such-program: there is no/,
  ],
  ['a variable that is none', ['qq-bot', '--env', 'a b', '--', 'true'], /--env is not a name of a variable/],
  [
    'one variable for two accounts',
    ['qq-bot', 'wecom', '--env', 'T', '--', 'true'],
    /--env names the variable of a single/,
  ],
  [
    'a life that is not a number',
    ['qq-bot', '--min-life', '1h', '--', 'true'],
    /--min-life must be a whole number of seconds/,
  ],
  ['an unknown account', ['not-configured', '--', 'true'], /no account not-configured/],
])('%s is an error of usage, and no token is requested for it', async (_, argv, text) => {
  await withHome(async ({ run, simulator }) => {
    const { code, stderr } = await run(['exec', ...argv])
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(text) })
    expect(simulator.ledger.tokenRequests()).toBeLessThanOrEqual(argv.includes('./no-such-program') ? 1 : 0)
  })
})

test('a longer life than half of a token has is an error that names the option', async () => {
  await withHome(async ({ run }) => {
    const { code, stderr } = await run(['exec', 'qq-bot', '--min-life', '8000', '--', 'true'])
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('exec: --min-life must be at most half of the life of a token of qq-bot'),
    })
  })
})

test('arguments of the program are its own, also those that look like secrets or options', async () => {
  await withHome(async ({ spawn: start }) => {
    const { code, stdout } = await start(['exec', 'qq-bot', '--', 'echo', '--secret=x', '--json', '--', '-h']).ended
    expect({ code, stdout }).toEqual({ code: 0, stdout: '--secret=x --json -- -h\n' })
  })
})
