import { spawn, spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { generateKey } from '@lingpai/cache-encrypted'
import { withHome } from './sandbox-home.js'

const hasRedis = spawnSync('redis-server', ['--version']).status === 0

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { readonly port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Runs `use` with a Redis that requires a password. */
async function withRedis(password: string, use: (port: number) => Promise<void>): Promise<void> {
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--requirepass', password]
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  try {
    let printed = ''
    for await (const text of child.stdout) {
      printed += String(text)
      if (printed.includes('Ready to accept')) break
    }
    await use(port)
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}

/** Registers a test that needs redis-server. Without one the test says that it was not run. */
function withRealRedis(name: string, body: () => Promise<void>): void {
  if (hasRedis) test(name, body)
  else
    test(`NOT RUN without redis-server: ${name}`, () =>
      void process.stderr.write(`not run, for want of redis-server: ${name}\n`))
}

test('processes share an SQLite cache that lingpai.yaml names', async () => {
  await withHome(async ({ write, run, spawn: start, simulator, directory }) => {
    const yaml = `cache: sqlite:tokens.db
accounts:
  bot: { provider: qq-bot, appId: "${simulator.accounts.qq.appId}", secretEnv: QQ_BOT_SECRET, baseUrl: ${simulator.url}/qq }
`
    await write('lingpai.yaml', yaml)
    const runs = await Promise.all(Array.from({ length: 3 }, () => start(['token', 'bot', '--json']).ended))
    expect(runs.map(({ code, stderr }) => ({ code, stderr }))).toEqual(runs.map(() => ({ code: 0, stderr: '' })))
    expect(simulator.ledger.tokenRequests()).toBe(1)
    const status = await run(['status', '--json'])
    expect(status.json).toMatchObject({ cache: `sqlite:${directory}/tokens.db`, accounts: [{ state: 'valid' }] })
    const doctor = await run(['doctor'])
    expect(doctor.stdout).toContain(`cache use: sqlite:${directory}/tokens.db can be written, read and leased`)
    expect(doctor.code).toBe(0)
  })
})

withRealRedis(
  'processes share a Redis whose password comes from the environment or a file and is never shown',
  async () => {
    const password = 'pass/word@of#redis'
    await withRedis(password, async (port) => {
      await withHome(async ({ write, run, spawn: start, simulator }) => {
        const plain = { LINGPAI_CACHE: `redis://127.0.0.1:${port}/0` }
        const passwordFile = await write('redis.password', `${password}\n`)
        const ways = [
          { ...plain, LINGPAI_CACHE_PASSWORD: password },
          { ...plain, LINGPAI_CACHE_PASSWORD_FILE: passwordFile },
          { LINGPAI_CACHE: `redis://default:${encodeURIComponent(password)}@127.0.0.1:${port}/0` },
        ]
        const runs = await Promise.all(ways.map((env) => start(['token', 'qq-bot', '--json'], env).ended))
        for (const { code, stdout, stderr } of runs) {
          expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
          expect(stdout).not.toContain(password)
        }
        expect(simulator.ledger.tokenRequests()).toBe(1)
        for (const env of ways) {
          const { code, stdout, stderr } = await run(['doctor', 'qq-bot'], { env })
          expect(code).toBe(0)
          expect(stdout).toContain(`cache use: redis://127.0.0.1:${port}/0 can be written, read and leased`)
          expect(`${stdout}${stderr}`).not.toMatch(/pass(\/|%2F)word/)
        }
        const wrong = await run(['doctor', 'qq-bot'], { env: { ...plain, LINGPAI_CACHE_PASSWORD: 'not-the-password' } })
        expect(wrong.code).toBe(3)
        expect(wrong.stdout).toMatch(
          /fail {2}cache use: redis:\S+ failed \(\w+\).* → Redis rejects the user name or the password/,
        )
        expect(wrong.stdout).not.toContain('not-the-password')
      })
    })
  },
)

test('an unreachable Redis causes a warning, and a token is still printed', async () => {
  await withHome(async ({ run }) => {
    const env = { LINGPAI_CACHE: 'redis://me:hunter2hunter2@127.0.0.1:1/0' }
    const { code, stderr } = await run(['token', 'qq-bot', '--json'], { env })
    expect(code).toBe(0)
    expect(stderr).toContain('the cache redis://127.0.0.1:1/0 is failing')
    expect(stderr).not.toContain('hunter2hunter2')
  })
})

test('a password in lingpai.yaml or --cache is rejected and not shown', async () => {
  await withHome(async ({ run, write }) => {
    const url = 'redis://me:hunter2hunter2@host:6379'
    for (const { code, stderr } of [
      await run(['init', '--cache', url]),
      await write(
        'lingpai.yaml',
        `cache: ${url}\naccounts: { a: { provider: qq-bot, appId: "1", secretEnv: A } }\n`,
      ).then(async () => run(['status'])),
    ]) {
      expect(code).toBe(2)
      expect(stderr).toContain('LINGPAI_CACHE_PASSWORD')
      expect(stderr).not.toContain('hunter2hunter2')
    }
  })
})

test('keygen prints only the key to standard output, and the explanation to standard error', async () => {
  await withHome(async ({ run }) => {
    const { code, stdout, stderr } = await run(['keygen'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^k[0-9a-f]{8}:[A-Za-z0-9+/]{43}=\n$/)
    expect(stderr).toContain('LINGPAI_CACHE_KEYS')
    expect(stderr).not.toContain(stdout.trim().split(':')[1])
    const { id, key } = (await run(['keygen', '--json'])).json
    expect(key).toMatch(new RegExp(`^${String(id)}:`))
    expect(key).not.toBe(stdout.trim())
  })
})

test('keys from the environment, a file or lingpai.yaml encrypt the cache', async () => {
  await withHome(async ({ run, write, simulator, directory }) => {
    const [key, next] = [generateKey(), generateKey()]
    const keysFile = await write('keys', `${next}\n${key}\n`)
    const cache = { LINGPAI_CACHE: 'sqlite:tokens.db' }
    const fromEnv = { ...cache, LINGPAI_CACHE_KEYS: key }
    const fromFile = { ...cache, LINGPAI_CACHE_KEYS_FILE: keysFile }
    for (const env of [fromEnv, fromFile]) {
      const { code, stdout, stderr } = await run(['token', 'qq-bot'], { env })
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      for (const part of [key, next]) expect(stdout).not.toContain(part.split(':')[1])
    }
    expect(simulator.ledger.tokenRequests()).toBe(1)
    const bytes = await readFile(join(directory, 'tokens.db'), 'latin1')
    expect(bytes).not.toContain('simtok_')
    expect(bytes + (await readFile(join(directory, 'tokens.db-wal'), 'latin1').catch(() => ''))).toContain(
      'lingpai-encrypted:1:',
    )
    const { qq } = simulator.accounts
    await write(
      'lingpai.yaml',
      `cache: sqlite:tokens.db
encryption: { keysFile: keys }
accounts:
  bot: { provider: qq-bot, appId: "${qq.appId}", secretEnv: QQ_BOT_SECRET, baseUrl: ${simulator.url}/qq }
`,
    )
    expect((await run(['token', 'bot'])).code).toBe(0)
    expect(simulator.ledger.tokenRequests()).toBe(1)
    expect((await run(['status', '--json'])).json).toMatchObject({ accounts: [{ state: 'valid' }] })
  })
})

test('doctor checks the keys of an encrypted cache', async () => {
  await withHome(async ({ run, write }) => {
    const key = generateKey()
    const open = await write('open.keys', key, 0o644)
    const doctor = async (env: Readonly<Record<string, string>>) => run(['doctor', 'qq-bot'], { env })
    const good = await doctor({ LINGPAI_CACHE_KEYS: key })
    expect(good.stdout).toContain('ok    cache encryption keys: from environment variable LINGPAI_CACHE_KEYS')
    expect(good.stdout).toContain('leased, encrypted')
    expect(good.code).toBe(0)
    const seen = await doctor({ LINGPAI_CACHE_KEYS_FILE: open })
    expect(seen.stdout).toContain(
      `fail  cache open: cache encryption: ${open} can be read by everybody (0644); chmod 600 it`,
    )
    expect(seen.code).toBe(3)
    for (const env of [
      { LINGPAI_CACHE_KEYS: 'k1:hunter2hunter2' },
      { LINGPAI_CACHE_KEYS: '' },
      { LINGPAI_CACHE_KEYS_FILE: '/nowhere/keys' },
    ]) {
      const { code, stdout, stderr } = await doctor(env)
      expect(code).toBe(3)
      expect(stdout).toContain('fail  cache open: ')
      expect(`${stdout}${stderr}`).not.toContain('hunter2hunter2')
      expect((await run(['token', 'qq-bot'], { env })).code).toBe(2)
    }
  })
})

test('wrong keys cause another token request, and encryption without keys is rejected', async () => {
  await withHome(async ({ run, write, simulator }) => {
    const withKey = async (key: string) => run(['token', 'qq-bot'], { env: { LINGPAI_CACHE_KEYS: key } })
    expect((await withKey(generateKey())).code).toBe(0)
    const other = await withKey(generateKey())
    expect(other.code).toBe(0)
    expect(other.stderr).toMatch(/the cache file:\S+ is failing/)
    expect(simulator.ledger.tokenRequests()).toBe(2)
    const accounts = 'accounts: { a: { provider: qq-bot, appId: "1", secretEnv: A } }'
    for (const [encryption, problem] of [
      ['{}', 'must have keysEnv: NAME or keysFile: path'],
      ['{ keysEnv: A, keysFile: b }', 'must not have both'],
      [`{ keys: "${generateKey()}" }`, 'by keysEnv: NAME or keysFile: path'],
      ['{ keysFile: a, colour: red }', 'the known fields are keysEnv, keysFile, readPlain'],
    ] as const) {
      await write('lingpai.yaml', `encryption: ${encryption}\n${accounts}\n`)
      const { code, stderr } = await run(['status'])
      expect(code).toBe(2)
      expect(stderr).toContain(problem)
    }
    const rejected = await run(['token', 'qq-bot', '--keys=k1:hunter2hunter2'])
    expect(rejected.code).toBe(2)
    expect(rejected.stderr).not.toContain('hunter2hunter2')
  })
})

withRealRedis('doctor and token say what to do about a Redis that answers but rejects its user', async () => {
  await withRedis('PLANTED-redis', async (port) => {
    const env = { LINGPAI_CACHE: `redis://127.0.0.1:${port}` }
    await withHome(async ({ spawn: start }) => {
      const doctor = await start(['doctor', 'qq-bot'], env).ended
      expect(doctor.stdout).toMatch(
        /\nfail {2}cache use: .* failed \(NOAUTH\): .* → Redis requires a password, and none is set\n/,
      )
      expect(doctor.stderr).toBe('')
      const token = await start(['token', 'qq-bot'], env).ended
      expect(token.stderr).toBe(
        `lingpai: the cache redis://127.0.0.1:${port} is failing: Redis requires a password, and none is set\n`,
      )
    })
  })
})

test('doctor says what to do about a server that is not Redis', async () => {
  await withHome(async ({ run, simulator }) => {
    const { stdout } = await run(['doctor', 'qq-bot'], {
      env: { LINGPAI_CACHE: simulator.url.replace('http', 'redis') },
    })
    expect(stdout).toMatch(/\nfail {2}cache use: .* failed \(NOTREDIS\): .* → The server at this address is not Redis/)
  })
})
