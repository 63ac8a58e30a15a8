// npm run check: runs all gates, or those named, one after the other; each is a script of
// package.json. Prints a line for each with its time, the output of those that fail, and a summary.
import { spawnSync } from 'node:child_process'
import { commandLine } from './lib/command-line.mjs'
import { root } from './lib/workspace.mjs'

const gates = [
  'references:check',
  'providers:check',
  'types',
  'lint:code',
  'lint:format',
  'lint:words',
  'lint:imports',
  'lint:unused',
  'lint:layering',
  'new:check',
  'api:check',
  'docs:pages',
  'docs:architecture',
  'docs:comments',
  'docs:errors',
  'docs:benchmarks',
  'bench:check',
  'lock:check',
  'pack:check',
]

const { names } = commandLine({
  usage: 'npm run check -- [SCRIPT …]',
  what: `Runs these scripts of package.json one after the other; without any: ${gates.join(', ')}.`,
  takesNames: true,
})
const chosen = names.length > 0 ? names : gates
const failed = []
for (const gate of chosen) {
  const startedAt = performance.now()
  const run = spawnSync('npm', ['run', '--silent', gate], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
    shell: process.platform === 'win32',
    maxBuffer: 256 * 2 ** 20,
  })
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)
  console.log(`${run.status === 0 ? 'ok  ' : 'FAIL'} ${seconds} s  ${gate}`)
  if (run.status === 0) continue
  failed.push(gate)
  console.log(`${run.stdout ?? ''}${run.stderr ?? ''}`.trimEnd().replace(/^/gm, '     '))
}
console.log(
  failed.length > 0
    ? `${chosen.length - failed.length} of ${chosen.length} gates passed; failed: ${failed.join(', ')}`
    : `all ${chosen.length} gates passed`,
)
process.exitCode = failed.length > 0 ? 1 : 0
