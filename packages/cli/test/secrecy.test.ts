import { chmod } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKey } from '@lingpai/cache-encrypted'
import { certificate } from '../../testing/test/support/certificate.js'
import { withHome, type Home } from './sandbox-home.js'

const bot = ({ simulator }: Home, secretFile: string, more = ''): string =>
  `accounts:\n  bot: { provider: qq-bot, appId: "${simulator.accounts.qq.appId}", secretFile: "${secretFile}", baseUrl: "${simulator.url}/qq"${more} }\n`

test.each([['PLANTED-secret'], ['PLANTED/secret+with=signs'], [`PLANTED${'x'.repeat(300)}`]])(
  'a secret in place of a path is not quoted: %j',
  async (pasted) => {
    await withHome(async (home) => {
      await home.write('lingpai.yaml', bot(home, pasted))
      for (const argv of [
        ['token', 'bot'],
        ['doctor'],
        ['refresh', 'bot'],
        ['serve', '--port', '0'],
        ['status', 'bot'],
      ]) {
        const { code, stdout, stderr } = await home.run(argv)
        expect([argv, code === 0]).toEqual([argv, false])
        expect(stdout + stderr).toMatch(/the file that "secretFile" names cannot be read \(E\w+\)/)
        expect(stdout + stderr).not.toContain('PLANTED')
      }
      const fromEnv = await home.run(['token', 'qq-bot', '--config', ''], {
        env: { QQ_BOT_SECRET: undefined, QQ_BOT_SECRET_FILE: pasted },
        cwd: '/',
      })
      expect(fromEnv.stderr).toContain('the file that "QQ_BOT_SECRET_FILE" names cannot be read')
      expect(fromEnv.stderr).not.toContain('PLANTED')
    })
  },
)

describe('secret files that others can read', () => {
  const meant = '--allow-world-readable'
  const rejected = (path: string): string =>
    `${path} can be read by everybody (0644); chmod 600 it, or set "allowWorldReadable" (${meant}) where its mode cannot be changed`

  test('every command rejects a world-readable secret file by default', async () => {
    await withHome(async (home) => {
      const path = await home.write('bot.secret', home.simulator.accounts.qq.clientSecret, 0o644)
      await home.write('lingpai.yaml', bot(home, 'bot.secret'))
      const commands = [
        ['token', 'bot'],
        ['refresh', 'bot'],
        ['serve', '--port', '0'],
      ]
      for (const argv of commands)
        expect(await home.run(argv)).toMatchObject({ code: 2, stdout: '', stderr: `lingpai: bot: ${rejected(path)}\n` })
      for (const argv of [['doctor'], ['status']]) {
        const { stdout, stderr } = await home.run(argv)
        expect(stdout + stderr).toContain(rejected(path))
      }
      expect(home.simulator.ledger.tokenRequests()).toBe(0)
      const warning = `lingpai: bot: ${path} can be read by everybody (0644); chmod 600 ${path}\n`
      for (const argv of commands) {
        const { code, stderr } = await home.run([...argv, meant])
        expect([argv, code]).toEqual([argv, 0])
        expect(stderr).toContain(warning)
      }
      await home.write('lingpai.yaml', `allowWorldReadable: true\n${bot(home, 'bot.secret')}`)
      expect(await home.run(['token', 'bot'])).toMatchObject({ code: 0, stderr: warning })
    })
  })

  test('a world-readable secret file that an environment variable names is rejected by default', async () => {
    await withHome(async (home) => {
      const path = await home.write('bot.secret', home.simulator.accounts.qq.clientSecret, 0o644)
      const env = { QQ_BOT_SECRET: undefined, QQ_BOT_SECRET_FILE: path }
      expect(await home.run(['token', 'qq-bot'], { env })).toMatchObject({
        code: 2,
        stderr: `lingpai: qq-bot: ${rejected(path)}\n`,
      })
      expect((await home.run(['token', 'qq-bot', meant], { env })).code).toBe(0)
    })
  })

  test('world-readable session keys, TLS keys, client keys, cache keys and cache passwords are rejected by default', async () => {
    await withHome(async (home) => {
      const serves = async (server: string, env = {}) => {
        await home.write('bot.secret', home.simulator.accounts.qq.clientSecret)
        await home.write('lingpai.yaml', `${bot(home, 'bot.secret')}server: ${server}\n`)
        const [plain, allowed] = [
          await home.run(['serve', '--port', '0'], { env }),
          await home.run(['serve', '--port', '0', meant], { env }),
        ]
        return { plain, allowed }
      }
      const { cert, key } = certificate('readable')
      await home.write('cert.pem', cert)
      const files = {
        session: await home.write('session.key', 'PLANTED-session-key-of-more-than-32-bytes', 0o644),
        tls: await home.write('tls.key', key, 0o644),
        clients: await home.write('open-keys.json', '{"format":1,"keys":[]}', 0o644),
        cache: await home.write('cache.keys', generateKey(), 0o644),
      }
      const cases = [
        [files.session, '{ sessionKeyFile: session.key }', {}],
        [files.tls, '{ tls: { cert: cert.pem, key: tls.key } }', {}],
        [files.clients, '{ keysFile: open-keys.json }', {}],
        [files.cache, '{}', { LINGPAI_CACHE_KEYS_FILE: files.cache }],
      ] as const
      for (const [path, server, env] of cases) {
        const { plain, allowed } = await serves(server, env)
        expect(plain).toMatchObject({ code: 2, stdout: '' })
        expect(plain.stderr).toContain(rejected(path))
        expect([path, allowed.code]).toEqual([path, 0])
        expect(allowed.stderr).toContain(`${path} can be read by everybody (0644); chmod 600 ${path}`)
      }
      const password = await home.write('redis.password', 'PLANTED-redis-password', 0o644)
      const env = { LINGPAI_CACHE: 'redis://127.0.0.1:1', LINGPAI_CACHE_PASSWORD_FILE: password }
      const { stderr, code } = await home.run(['token', 'bot'], { env })
      expect([code, stderr]).toEqual([2, `lingpai: cache: ${rejected(password)}\n`])
    })
  })

  test('a group-readable secret file is used with a warning', async () => {
    await withHome(async (home) => {
      const path = await home.write('bot.secret', home.simulator.accounts.qq.clientSecret, 0o600)
      await chmod(path, 0o440)
      await home.write('lingpai.yaml', bot(home, 'bot.secret'))
      const { code, stderr } = await home.run(['token', 'bot'])
      expect([code, stderr]).toEqual([0, `lingpai: bot: ${path} can be read by its group (0440); chmod 600 ${path}\n`])
    })
  })
})

test("doctor prints an API's message without the token and without control characters", async () => {
  await withHome(async (home) => {
    const [token, secret] = ['PLANTED/token+of=signs', 'PLANTED/secret+with=signs']
    const quoted = [token, secret].map(encodeURIComponent)
    // A platform that quotes the request percent-encoded and sends escape codes to the terminal.
    const platform = createServer((request, response) => {
      const message = `no \u001B[2J\r\nlevel=info ${quoted.join(' ')} way`
      const isApi = request.headers.authorization !== undefined
      const body = isApi ? { code: 11_253, message } : { access_token: token, expires_in: '7200' }
      response.writeHead(isApi ? 403 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
    await new Promise<void>((resolve) => platform.listen(0, '127.0.0.1', resolve))
    const { port } = platform.address() as AddressInfo
    await home.write('bot.secret', secret)
    const url = `http://127.0.0.1:${port}`
    await home.write('lingpai.yaml', bot(home, 'bot.secret').replace(`${home.simulator.url}/qq`, url))
    const { stdout } = await home.run(['doctor', 'bot'])
    expect(stdout).toMatch(
      /bot works: the API returned an error \(11253 no \uFFFD\[2J\uFFFD\uFFFDlevel=info \*{3} \*{3} way\)/,
    )
    for (const planted of [token, secret, ...quoted]) expect(stdout).not.toContain(planted)
    expect(stdout).not.toContain('\u001B')
    await new Promise((resolve) => platform.close(resolve))
  })
})

test('serve rejects an address beyond this host without TLS unless plain HTTP is allowed, and then warns', async () => {
  await withHome(async (home) => {
    await home.write('bot.secret', home.simulator.accounts.qq.clientSecret)
    await home.write('lingpai.yaml', bot(home, 'bot.secret'))
    await home.run(['key', 'create', '--role', 'reader', '--accounts', '*'], { reveals: true })
    const argv = ['serve', '--host', '0.0.0.0', '--port', '0']
    const rejected = await home.run(argv)
    expect(rejected).toMatchObject({ code: 2, stdout: '' })
    expect(rejected.stderr).toMatch(
      /^lingpai: startTokenServer: "tls" must be set, because other hosts can reach 0\.0\.0\.0 and read the client keys\n {2}hint: /,
    )
    const meant = await home.run([...argv, '--allow-plain-http'])
    expect(meant.code).toBe(0)
    expect(meant.stderr).toContain('clients send their keys without TLS')
  })
})
