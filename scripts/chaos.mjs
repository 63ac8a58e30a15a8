// npm run chaos: runs a fleet of real processes on one cache and a simulated platform, with a monkey that kills and stops processes, cuts
// connections and revokes tokens (`benchmarks/chaos/main.ts`). Exits with code 1 if a guarantee was broken, and names it. With
// --cache memory, nothing is shared and the run must fail, which shows that the checks detect violations.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { commandLine, wrongUsage } from './lib/command-line.mjs'

const known = ['file', 'sqlite', 'redis', 'memory']
const { values } = commandLine({
  usage: 'npm run chaos -- [options]',
  what: 'Runs a fleet of real processes on a cache, with a monkey that breaks things, and judges the guarantees.',
  options: {
    cache: {
      type: 'string',
      value: known.join('|'),
      what: 'one cache alone; otherwise file, sqlite and redis in turn',
    },
    minutes: { type: 'number', default: 1, value: 'N', what: 'how long each run takes' },
    seconds: { type: 'number', value: 'N', what: 'the same in seconds' },
    processes: { type: 'number', default: 5, value: 'N', what: 'processes of the fleet' },
    seed: { type: 'number', value: 'N', what: 'repeats the schedule of a run (default: from the clock)' },
  },
})
if (values.cache !== undefined && !known.includes(values.cache)) wrongUsage(`--cache must be ${known.join(', ')}`)
const caches = values.cache === undefined ? ['file', 'sqlite', 'redis'] : [values.cache]
const { processes, seconds = values.minutes * 60, seed = Date.now() % 1_000_000 } = values
const settings = { seconds, processes, seed }
if (caches.includes('redis') && spawnSync('redis-server', ['--version']).status !== 0) {
  console.error(
    'no redis-server on the PATH, and so no chaos on redis: apt-get update && apt-get install -y redis-server',
  )
  caches.splice(caches.indexOf('redis'), 1)
  if (values.cache === 'redis' || process.env.CI === 'true') process.exitCode = 1
}
/** The exit code of `benchmarks/chaos/main.ts` if the pipe that it prints to was closed. */
const unreadExitCode = 141
const main = fileURLToPath(new URL('../benchmarks/chaos/main.ts', import.meta.url))
for (const cache of caches) {
  const flags = ['--conditions=@lingpai/source', '--import', 'tsx']
  const { status } = spawnSync(process.execPath, [...flags, main, JSON.stringify({ cache, ...settings })], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exitCode = 1
  // The reader of the output has closed the pipe.
  if (status === unreadExitCode) break
}
