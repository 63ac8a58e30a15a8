import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { testsNeeding } from '../../../testing/test/support/where-possible.js'

const clients = fileURLToPath(new URL('../../../../clients/', import.meta.url))
const drivers = fileURLToPath(new URL('drivers/', import.meta.url))

/** What the driver of any language prints about a call: a digest of its token, or its error. */
export interface Outcome {
  readonly token?: string
  readonly error?: string
  readonly code?: string
  readonly status?: number
  readonly hint?: string
  readonly platformCode?: number | string
  /** All texts of the error. */
  readonly text?: string
}

/** A command of the drivers. */
export interface Command {
  readonly do: 'token' | 'reject' | 'until-changed' | 'until-usable' | 'fork' | 'drain' | 'show' | 'close'
  readonly account?: string
  /** Callers at the same time, each on a thread or goroutine of its own. */
  readonly callers?: number
  readonly minLife?: number
  readonly code?: number | string
  readonly generation?: number
}

/** A process with a client in its language. */
export interface Driver {
  /** What the client said about its configuration: `ready`, or its error. */
  readonly greeting: unknown
  ask<Answer = readonly Outcome[]>(command: Command): Promise<Answer>
  /** Everything the process printed. */
  output(): string
  close(): Promise<void>
}

/** A language with a client. */
export interface Language {
  readonly name: string
  readonly file: string
  /** Registers a test; where the language is missing, the test says how to get it, and in CI it fails. */
  readonly test: ReturnType<typeof testsNeeding>
  readonly isThere: boolean
  /** Gives the command that runs the driver; called once. */
  readonly prepare: () => readonly string[]
}

/** Environment of the child processes: no download, no C compiler, no files beside the sources. */
export const environment = {
  PYTHONDONTWRITEBYTECODE: '1',
  PYTHONPATH: join(clients, 'python'),
  GOPROXY: 'off',
  CGO_ENABLED: '0',
}

export const languages: readonly Language[] = [
  {
    name: 'Python',
    file: join(clients, 'python/lingpai.py'),
    ...installed('python3', ['--version'], 'python3'),
    prepare: () => ['python3', join(drivers, 'driver.py')],
  },
  {
    name: 'Go',
    file: join(clients, 'go/lingpai.go'),
    ...installed('go', ['version'], 'golang-go'),
    prepare: () => [buildGo()],
  },
]

function installed(program: string, args: readonly string[], packageName: string): Pick<Language, 'isThere' | 'test'> {
  const isThere = spawnSync(program, args).status === 0 || process.env['CI'] === 'true'
  const missing = isThere ? undefined : `${program} (on Debian: apt-get install -y ${packageName})`
  return { isThere, test: testsNeeding(missing) }
}

const built: string[] = []

/** Builds the driver with a copy of the client, as users have it. */
function buildGo(): string {
  const home = mkdtempSync(join(tmpdir(), 'lingpai-go-'))
  built.push(home)
  mkdirSync(join(home, 'lingpai'))
  writeFileSync(join(home, 'go.mod'), 'module driver\n\ngo 1.19\n')
  copyFileSync(join(drivers, 'driver.go'), join(home, 'main.go'))
  copyFileSync(join(clients, 'go/lingpai.go'), join(home, 'lingpai/lingpai.go'))
  const build = spawnSync('go', ['build', '-o', 'driver', '.'], { cwd: home, env: { ...process.env, ...environment } })
  expect(String(build.stderr)).toBe('')
  return join(home, 'driver')
}

/** Starts drivers, and ends them after each test. */
export function driversOf(language: Language): (options: object, env?: NodeJS.ProcessEnv) => Promise<Driver> {
  let command: readonly string[] = []
  let running: Driver[] = []
  // A first build compiles the standard library, too.
  beforeAll(() => {
    if (language.isThere) command = language.prepare()
  }, 300_000)
  afterAll(() => {
    for (const home of built.splice(0)) rmSync(home, { recursive: true, force: true })
  })
  afterEach(async () => {
    await Promise.all(running.map((driver) => driver.close()))
    running = []
  })
  return async (options, env = {}) => {
    const [program, args] = [command[0] ?? '', [...command.slice(1), JSON.stringify(options)]]
    const driver = await startDriver(
      spawn(program, args, { env: { ...process.env, ...environment, ...env }, stdio: 'pipe' }),
    )
    running.push(driver)
    return driver
  }
}

async function startDriver(child: ChildProcess): Promise<Driver> {
  const { stdin, stdout, stderr } = child
  const exit = once(child, 'exit')
  let printed = ''
  stderr?.on('data', (part: Buffer) => (printed += part.toString()))
  const lines = createInterface({ input: stdout! })
  const next = async (): Promise<unknown> => {
    const [line] = (await Promise.race([once(lines, 'line'), exit])) as [string | number | null]
    if (typeof line !== 'string') throw new RangeError(`the driver ended: ${printed}`)
    printed += `${line}\n`
    return JSON.parse(line)
  }
  const greeting = await next()
  return {
    greeting,
    ask: async <Answer>(command: Command) => {
      stdin?.write(`${JSON.stringify(command)}\n`)
      return (await next()) as Answer
    },
    output: () => printed,
    close: async () => {
      child.kill('SIGKILL')
      await exit
    },
  }
}
