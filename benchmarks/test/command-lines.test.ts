import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const programs = ['scripts', 'benchmarks'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => `${folder}/${name}`),
)
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')
const withOptions = programs.filter((path) => textOf(path).includes('lib/command-line.mjs'))

interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
}

function run(path: string, ...args: readonly string[]): Promise<Run> {
  // As `npm run providers`, which reads sources.
  const flags = ['--conditions=@lingpai/source', '--import', 'tsx']
  return new Promise((resolve) => {
    execFile(process.execPath, [...flags, path, ...args], { cwd: root }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
  })
}

test('every script reads its command line in one way; only that of the tests passes it on', () => {
  const others = programs.filter((path) => /process\.argv|parseArgs/.test(textOf(path)))
  expect(others).toEqual(['scripts/test.mjs'])
})

test.each(withOptions)('%s prints its usage for --help, and one line for an unknown option', async (path) => {
  const help = await run(path, '--help')
  expect(help).toMatchObject({ code: 0, err: '' })
  expect(help.out).toMatch(/^usage: (npm run|node) /)
  expect(await run(path, '--nonsense')).toEqual({
    code: 2,
    out: '',
    err: expect.stringMatching(/^[\w-]+: unknown option '--nonsense'; --help prints the usage\n$/),
  })
})

test.each([
  ['scripts/chaos.mjs', ['--minutes', 'x'], 'chaos: --minutes must be a positive number'],
  ['scripts/chaos.mjs', ['--cache', 'x'], 'chaos: --cache must be file, sqlite, redis, memory'],
  ['scripts/fleet.mjs', ['--life'], "fleet: option '--life <value>' argument missing"],
  ['scripts/simulate.mjs', ['--seeds', '-1'], "simulate: option '--seeds' argument is ambiguous"],
  ['scripts/simulate.mjs', ['12'], "simulate: unexpected argument '12'"],
  ['scripts/bench.mjs', ['nonsense'], "bench: unexpected argument 'nonsense'"],
  ['scripts/new.mjs', ['nonsense'], 'new: say provider or cache'],
  ['scripts/image.mjs', [], 'image: name one directory'],
])('%s with %j prints one line', async (path, args, problem) => {
  const { code, err } = await run(path, ...args)
  expect(err).toBe(`${problem}; --help prints the usage\n`)
  expect(code).toBe(2)
})
