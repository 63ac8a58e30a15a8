// npm run bench: installs the libraries that Lingpai is measured beside on first use, builds the packages, and runs the scenarios
// (`benchmarks/main.ts`). `check` and `pages` run `benchmarks/check-floors.ts` and `benchmarks/write-pages.ts`, which need no other
// library and no build.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { commandLine, wrongUsage } from './lib/command-line.mjs'
import { root } from './lib/workspace.mjs'

const folder = join(root, 'benchmarks')
/** What runs as a process of its own. */
const entries = [
  'main',
  'run-one',
  'check-floors',
  'write-pages',
  'upstream/token-upstream',
  'members/cold-member',
  'members/import-once',
  'members/first-token',
  'members/server-process',
  'members/forward-process',
]
const commands = { check: 'check-floors', pages: 'write-pages' }
const { values, names } = commandLine({
  usage: ['npm run bench -- [options]', 'npm run bench:check', 'npm run bench:pages -- [--check]'],
  what: 'Measures Lingpai beside other libraries; compares the counts with their floors; writes the pages of the results.',
  options: {
    full: { type: 'boolean', default: false, what: 'the sizes and rounds of the page; otherwise small ones' },
    only: {
      type: 'string',
      multiple: true,
      default: [],
      value: 'SCENARIO',
      what: 'this scenario alone; may be repeated',
    },
    contender: {
      type: 'string',
      multiple: true,
      default: [],
      value: 'NAME',
      what: 'this library alone; may be repeated',
    },
    rounds: { type: 'number', value: 'N', what: 'rounds of each scenario' },
    write: { type: 'boolean', default: false, what: 'puts the figures into benchmarks/results.json' },
    check: { type: 'boolean', default: false, what: 'with pages: only compares them' },
  },
  takesNames: true,
})
const [name] = names
if (names.length > 1 || (name !== undefined && commands[name] === undefined))
  wrongUsage(`unexpected argument '${names.at(-1)}'`)
if (values.write && values.contender.length > 0) wrongUsage('--write stores a scenario with all its contenders')
const command = commands[name] ?? 'main'

if (command === 'main') {
  if (!existsSync(join(folder, 'node_modules/.package-lock.json'))) run('npm', ['ci'], folder)
  run('npm', ['run', '--silent', 'build'], root)
}
const out = await bundle(command === 'main')
run(process.execPath, ['--enable-source-maps', join(out, `${command}.mjs`), JSON.stringify(values)], root)

/**
 * Bundles the benchmarks, without the names of functions that tsx keeps at the cost of memory and speed. The packages of this
 * workspace are imported as they were built, or else bundled from source. @returns the folder of the result
 */
async function bundle(isBuilt) {
  const outdir = join(folder, 'node_modules/.cache', isBuilt ? 'built' : 'source')
  const isImported = (path) => isBuilt || !path.startsWith('@lingpai/')
  const leaveOut = ({ onResolve }) => {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind !== 'entry-point' && isImported(path) ? { path, external: true } : undefined,
    )
  }
  await build({
    entryPoints: entries.map((name) => join(folder, `${name}.ts`)),
    entryNames: '[name]',
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@lingpai/source'],
    sourcemap: true,
    logLevel: 'warning',
    plugins: [{ name: 'leave-out-packages', setup: leaveOut }],
  })
  return outdir
}

function run(program, given, cwd) {
  const { status } = spawnSync(program, given, { cwd, stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) process.exit(status ?? 1)
}
