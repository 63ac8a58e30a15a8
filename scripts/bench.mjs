// npm run bench [-- --full] [-- --only NAME] [-- --write]: installs the libraries that Lingpai is measured beside on first use, builds
// the packages, and runs the scenarios (`benchmarks/main.ts`). `node scripts/bench.mjs check` and `… pages` run
// `benchmarks/check-floors.ts` and `benchmarks/write-pages.ts`, which need no other library and no build.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
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
const [first, ...rest] = process.argv.slice(2)
const command = commands[first] ?? 'main'
const args = commands[first] === undefined ? process.argv.slice(2) : rest

if (command === 'main') {
  if (!existsSync(join(folder, 'node_modules/.package-lock.json'))) run('npm', ['ci'], folder)
  run('npm', ['run', '--silent', 'build'], root)
}
const out = await bundle(command === 'main')
run(process.execPath, ['--enable-source-maps', join(out, `${command}.mjs`), ...args], root)

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
