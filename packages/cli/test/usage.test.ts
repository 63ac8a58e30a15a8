import { readFile } from 'node:fs/promises'
import { withHome } from './sandbox-home.js'

const names = ['sandbox', 'init', 'doctor', 'token', 'status', 'refresh', 'serve', 'key', 'schema']

test('every command has a help text with examples and the shape of its JSON', async () => {
  await withHome(async ({ run }) => {
    const general = await run(['--help'])
    expect(general.code).toBe(0)
    expect(general.stdout).toContain('Exit codes: 0 done; 1')
    for (const name of names) {
      expect(general.stdout).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'))
      const { code, stdout } = await run([name, '--help'])
      expect(code).toBe(0)
      expect(stdout).toMatch(/Examples:\n {2}\S/)
      expect(stdout).toContain('With --json: ')
    }
  })
})

test('--version prints the version of the package', async () => {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  await withHome(async ({ run }) => {
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` })
  })
})

test('wrong arguments give exit code 2, one line and a hint', async () => {
  await withHome(async ({ run }) => {
    for (const argv of [
      ['tokn'],
      ['token'],
      ['token', 'a', 'b'],
      ['status', '--frob'],
      ['sandbox', '--port', '70000'],
      ['sandbox', '--port', 'x'],
    ]) {
      const { code, stdout, stderr } = await run(argv)
      expect({ argv, code, stdout }).toEqual({ argv, code: 2, stdout: '' })
      expect(stderr).toMatch(/^lingpai: /)
    }
    const nothing = await run([])
    expect(nothing.code).toBe(2)
    expect(nothing.stderr).toContain('Usage: lingpai')
    expect((await run(['tokn', '--json'])).json).toMatchObject({ error: { code: 'ERR_LINGPAI_CONFIG' } })
  })
})

test('a secret on the command line is rejected and not repeated', async () => {
  await withHome(async ({ run, simulator }) => {
    for (const argv of [
      ['--secret', 'PLANTED-SECRET'],
      ['--secret=PLANTED-SECRET'],
      ['--client-secret=PLANTED-SECRET'],
      ['--password', 'PLANTED-SECRET'],
      ['--key=PLANTED-SECRET'],
    ]) {
      const { code, stderr } = await run(['token', 'qq-bot', ...argv])
      expect(code).toBe(2)
      expect(stderr).not.toContain('PLANTED')
      if (/secret|password/.test(argv[0] ?? ''))
        expect(stderr).toMatch(
          /^lingpai: --[a-z-]+ is not allowed: every process on this host can read a secret on the command line/,
        )
    }
    expect(simulator.ledger.tokenRequests()).toBe(0)
  })
})

test('colors are for terminals only, and NO_COLOR disables them', async () => {
  await withHome(async ({ run }) => {
    const colors = async (isTerminal: boolean, env = {}) => {
      const { stdout } = await run(['doctor', 'qq-bot'], { isTerminal, env })
      return stdout.includes('\u001B[')
    }
    expect(await colors(true)).toBe(true)
    expect(await colors(false)).toBe(false)
    expect(await colors(true, { NO_COLOR: '1' })).toBe(false)
    expect(await colors(true, { NO_COLOR: '' })).toBe(true)
    expect(await colors(true, { TERM: 'dumb' })).toBe(false)
  })
})

test('the printed commands of the sandbox work when they are pasted', async () => {
  await withHome(async ({ run, env }) => {
    const io = {
      // The sandbox runs until this promise resolves.
      stopped: () => new Promise<void>((resolve) => (end = resolve)),
    }
    let end: () => void = () => undefined
    let printed = ''
    const stdout = { write: (text: string) => (printed += text) }
    const running = run(['sandbox', '--json'], { io: { ...io, stdout } })
    while (printed === '') await new Promise((resolve) => setImmediate(resolve))
    const sandbox = JSON.parse(printed) as {
      url: string
      accounts: { account: string; env: Record<string, string>; curl: string }[]
    }
    for (const { account, env: lines, curl } of sandbox.accounts) {
      expect((await run(['token', account], { env: { ...env, ...lines } })).code).toBe(0)
      expect(curl).toContain(`${sandbox.url}/`)
    }
    const ledger = (await (await fetch(`${sandbox.url}/_sim/ledger`)).json()) as { tokenRequests: number }
    expect(ledger.tokenRequests).toBe(sandbox.accounts.length)
    end()
    expect((await running).code).toBe(0)
    await expect(fetch(sandbox.url)).rejects.toThrow()
  })
})
