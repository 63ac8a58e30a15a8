// node scripts/test.mjs [jest arguments]: runs jest, then searches everything the run printed, and every file it left in
// $LINGPAI_TEST_OUTPUT, for the planted secrets and tokens: a hit fails the run. Without arguments, the whole suite runs
// and the coverage of the core is compared with its threshold. The last line is `N passed, N failed`.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { leaksInDirectory, leaksInLines, unplantedMarkers } from './lib/leaks.mjs'
import { root } from './lib/workspace.mjs'

const given = process.argv.slice(2)
const aside = mkdtempSync(join(tmpdir(), 'lingpai-test-'))
const output = join(aside, 'output')
const results = join(aside, 'results.json')
mkdirSync(output)
try {
  const { code, lines } = await runJest()
  const leaks = [...leaksInLines('jest', lines), ...leaksInDirectory(output)]
  for (const leak of leaks) console.error(`leaked: ${leak}`)
  const unplanted = unplantedMarkers()
  for (const what of unplanted) console.error(`scripts/planted-markers.json: no test plants ${what}`)
  const { passed, failed } = counts()
  const isLeaky = leaks.length + unplanted.length > 0
  if (code !== 0 || isLeaky) process.exitCode = 1
  console.log(`\n${passed} passed, ${failed + (isLeaky ? 1 : 0)} failed`)
} finally {
  rmSync(aside, { recursive: true, force: true })
}

/** Runs jest, showing its output as it comes. @returns its exit code and every line it printed */
async function runJest() {
  const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning']
  const whole = given.length === 0 ? ['--coverage'] : given
  const args = [...node, join(root, 'node_modules/jest/bin/jest.js'), ...whole, '--json', `--outputFile=${results}`]
  const colour = process.stdout.isTTY && process.env.NO_COLOR === undefined ? { FORCE_COLOR: '1' } : {}
  const jest = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['inherit', 'pipe', 'pipe'],
    env: { ...process.env, ...colour, LINGPAI_TEST_OUTPUT: output },
  })
  const lines = []
  const pass = (from, to) => {
    createInterface({ input: from, crlfDelay: Infinity }).on('line', (line) => {
      if (line.startsWith('Test results written to:')) return
      lines.push(line)
      to.write(`${line}\n`)
    })
  }
  pass(jest.stdout, process.stdout)
  pass(jest.stderr, process.stderr)
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => jest.kill(signal))
  const code = await new Promise((resolve) => jest.on('close', (status) => resolve(status ?? 1)))
  return { code, lines }
}

/** A suite that could not run at all counts as one failure. */
function counts() {
  try {
    const run = JSON.parse(readFileSync(results, 'utf8'))
    return { passed: run.numPassedTests, failed: run.numFailedTests + run.numRuntimeErrorTestSuites }
  } catch {
    return { passed: 0, failed: 1 }
  }
}
