// npm run chaos -- --cache file|sqlite|redis [--minutes 10] [--seconds 30] [--processes 5] [--seed 4711]: runs a fleet of
// real processes on one cache and a simulated platform, with a monkey that kills and stops processes, cuts connections and revokes
// tokens. Exits with code 1 if a guarantee was broken, and names it. Without --cache, runs all three caches one after the other.
// With --cache memory, nothing is shared and the run must fail, which shows that the checks detect violations.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    cache: { type: 'string' },
    minutes: { type: 'string', default: '1' },
    seconds: { type: 'string' },
    processes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const caches = values.cache === undefined ? ['file', 'sqlite', 'redis'] : [values.cache]
const settings = {
  seconds: Number(values.seconds ?? Number(values.minutes) * 60),
  processes: Number(values.processes),
  seed: Number(values.seed),
}
if (
  !caches.every((cache) => ['file', 'sqlite', 'redis', 'memory'].includes(cache)) ||
  !Object.values(settings).every((n) => n > 0)
) {
  console.error(
    'usage: npm run chaos -- --cache file|sqlite|redis [--minutes 10] [--seconds 30] [--processes 5] [--seed 4711]',
  )
  process.exit(2)
}
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
