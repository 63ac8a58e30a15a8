import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { withHome, type Home } from './sandbox-home.js'

const bot = ({ simulator }: Home, secretFile: string, more = ''): string =>
  `accounts:\n  bot: { provider: qq-bot, appId: "${simulator.accounts.qq.appId}", secretFile: "${secretFile}", baseUrl: "${simulator.url}/qq"${more} }\n`

test.each([['PLANTED-secret'], ['PLANTED/secret+with=signs'], [`PLANTED${'x'.repeat(300)}`]])(
  'a secret that stands where its path belongs is not quoted: %j',
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

test('a secret file that others can read is told of by every command that uses it', async () => {
  await withHome(async (home) => {
    const path = await home.write('bot.secret', home.simulator.accounts.qq.clientSecret, 0o644)
    await home.write('lingpai.yaml', bot(home, 'bot.secret'))
    for (const command of ['token', 'refresh']) {
      const { code, stderr } = await home.run([command, 'bot'])
      expect(code).toBe(0)
      expect(stderr).toBe(`lingpai: bot: ${path} can be read by everybody (0644); chmod 600 ${path}\n`)
    }
    expect((await home.run(['serve', '--port', '0'])).stderr).toContain(`${path} can be read by everybody (0644)`)
  })
})

test('doctor prints what an API says without its token and without what acts on a terminal', async () => {
  await withHome(async (home) => {
    // The API alone, which quotes the token in another spelling, and an attack on whoever reads.
    const api = createServer((request, reply) => {
      const [, token = ''] = (request.headers.authorization ?? '').split(' ')
      const message = `no \u001B[2J\r\nlevel=info ${encodeURIComponent(`${token}/`)} way`
      reply.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify({ code: 11_253, message }))
    })
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
    const { port } = api.address() as AddressInfo
    await home.write('bot.secret', home.simulator.accounts.qq.clientSecret)
    await home.write('lingpai.yaml', bot(home, 'bot.secret', `, apiBaseUrl: "http://127.0.0.1:${port}"`))
    const { stdout } = await home.run(['doctor', 'bot'])
    expect(stdout).toMatch(/bot works: the API refused \(11253 no \uFFFD\[2J\uFFFD\uFFFDlevel=info \S+ way\)/)
    expect(stdout).not.toContain('\u001B')
    await new Promise((resolve) => api.close(resolve))
  })
})

test('an address beyond this host is served without TLS only where that is said to be meant, and then with a warning', async () => {
  await withHome(async (home) => {
    await home.write('bot.secret', home.simulator.accounts.qq.clientSecret)
    await home.write('lingpai.yaml', bot(home, 'bot.secret'))
    await home.run(['key', 'create', '--role', 'reader', '--accounts', '*'], { reveals: true })
    const argv = ['serve', '--host', '0.0.0.0', '--port', '0']
    const refused = await home.run(argv)
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toMatch(
      /^lingpai: 0\.0\.0\.0 can be reached by others, and without TLS they can read the client keys\n {2}hint: /,
    )
    const meant = await home.run([...argv, '--allow-plain-http'])
    expect(meant.code).toBe(0)
    expect(meant.stderr).toContain('clients send their keys without TLS')
  })
})
