import { appendFileSync } from 'node:fs'
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { jest } from '@jest/globals'
import { systemClock } from '@lingpai/core'
import { startSimulator, type Simulator, type SimulatorOptions } from '@lingpai/testing/simulator'
import { bundled } from '../../testing/test/support/bundle.js'
import { run, type CommandIo } from '../src/index.js'

// Real processes share this machine with others, so they may be slow.
jest.setTimeout(60_000)

/** The result of a run. */
export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** Standard output parsed as one JSON object. */
  readonly json: Record<string, unknown>
}

/** Options of a run. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Whether standard output and error are a terminal. */
  readonly isTerminal?: boolean
  /** The input typed at the terminal; without it, standard input is not a terminal. */
  readonly typed?: string
  /** Allows the run to print a token. */
  readonly reveals?: boolean
  readonly io?: Partial<CommandIo>
}

/** The simulator and home directory of one test. */
export interface Home {
  readonly simulator: Simulator
  /** The working directory, and `HOME`. */
  readonly directory: string
  /** Environment with the demo accounts of all three platforms. */
  readonly env: Readonly<Record<string, string>>
  /** Runs the command in this process. */
  run(argv: readonly string[], options?: RunOptions): Promise<Ran>
  /** Runs the command in a child process. */
  spawn(argv: readonly string[], env?: Readonly<Record<string, string>>): Child
  /** Writes a file below the directory. */
  write(name: string, text: string, mode?: number): Promise<string>
}

/** A child process. */
export interface Child {
  readonly process: ChildProcessWithoutNullStreams
  readonly ended: Promise<Ran>
}

/** Opens a home while `use` runs, then ends its child processes. No run may print a secret, even if the test never looks at it. */
export async function withHome(use: (home: Home) => Promise<void>, options: SimulatorOptions = {}): Promise<void> {
  const simulator = await startSimulator(options)
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-cli-'))
  const { qq, wechat, wecom } = simulator.accounts
  const env = {
    HOME: directory,
    XDG_CACHE_HOME: join(directory, 'cache'),
    QQ_BOT_APP_ID: qq.appId,
    QQ_BOT_SECRET: qq.clientSecret,
    QQ_BOT_BASE_URL: `${simulator.url}/qq`,
    WECHAT_MP_APP_ID: wechat.appId,
    WECHAT_MP_APP_SECRET: wechat.appSecret,
    WECHAT_MP_BASE_URL: `${simulator.url}/wechat`,
    WECOM_CORP_ID: wecom.corpId,
    WECOM_AGENT_ID: wecom.agentId,
    WECOM_CORP_SECRET: wecom.corpSecret,
    WECOM_BASE_URL: `${simulator.url}/wecom`,
  }
  const write: Home['write'] = async (name, text, mode = 0o600) => {
    const path = join(directory, name)
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, text, { mode })
    return path
  }
  const children: Child[] = []
  const endChildren = (): readonly Promise<Ran>[] =>
    children.map(async ({ process, ended }) => {
      process.kill('SIGKILL')
      return ended
    })
  try {
    await use({
      simulator,
      directory,
      env,
      write,
      run: (argv, runOptions) => runHere(argv, env, directory, runOptions),
      spawn: (argv, more) => {
        const child = spawnCommand(argv, { ...env, ...more }, directory)
        children.push(child)
        return child
      },
    })
    await Promise.all(endChildren())
  } finally {
    // Nothing here may replace the first error.
    await Promise.allSettled(endChildren())
    await simulator.close()
    await rm(directory, { recursive: true, force: true })
  }
}

async function runHere(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  directory: string,
  { env: more, cwd = directory, isTerminal = false, typed, reveals = false, io }: RunOptions = {},
): Promise<Ran> {
  let [stdout, stderr] = ['', '']
  const stdin = Object.assign(new PassThrough(), { isTTY: typed !== undefined, setRawMode: () => undefined })
  if (typed !== undefined) stdin.write(typed)
  const code = await run(argv, {
    stdin,
    stdout: { write: (text) => (stdout += text), isTTY: isTerminal },
    stderr: { write: (text) => (stderr += text), isTTY: isTerminal || typed !== undefined },
    env: { ...env, ...more },
    cwd,
    fetch: globalThis.fetch,
    clock: systemClock,
    nodeVersion: process.versions.node,
    stopped: () => Promise.resolve(),
    ...io,
  })
  return ranOf(code, stdout, stderr, { ...env, ...more }, argv.includes('sandbox') || reveals)
}

function ranOf(
  code: number,
  stdout: string,
  stderr: string,
  env: Readonly<Record<string, string | undefined>>,
  mayShow: boolean,
): Ran {
  const secrets = Object.entries(env).flatMap(([name, value]) =>
    /SECRET$/.test(name) && (value ?? '').trim() !== '' ? [value] : [],
  )
  const printed = mayShow ? [stderr] : [stdout, stderr]
  // `scripts/test.mjs` searches the output of the whole test run for the planted secrets.
  const { LINGPAI_TEST_OUTPUT: aside } = process.env
  if (aside !== undefined) appendFileSync(join(aside, 'cli.txt'), printed.join(''))
  for (const text of printed) {
    expect(text).not.toMatch(/simtok_/)
    for (const secret of secrets) expect(text).not.toContain(secret)
    expect(text).not.toMatch(/^\s+at .*:\d+:\d+/m)
  }
  return {
    code,
    stdout,
    stderr,
    get json() {
      expect(stdout.trimEnd().split('\n')).toHaveLength(1)
      return JSON.parse(stdout) as Record<string, unknown>
    },
  }
}

const compiled = bundled(new URL('../src/bin.ts', import.meta.url))
let bin = ''
beforeAll(async () => {
  bin = await compiled
})

function spawnCommand(argv: readonly string[], env: Readonly<Record<string, string>>, cwd: string): Child {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [bin, ...argv], { cwd, env: { PATH, ...env } })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()))
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      try {
        const isShown = argv.includes('--reveal') || argv.includes('sandbox')
        resolve(ranOf(code ?? -1, stdout, signal === null ? stderr : `${stderr}${signal}`, env, isShown))
      } catch (error) {
        reject(error)
      }
    })
  })
  // A test that fails first does not await it; `withHome` does.
  ended.catch(() => undefined)
  return { process: child, ended }
}
