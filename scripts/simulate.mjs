/**
 * Runs the simulated fleet over many seeds, or one seed with its whole trace.
 *
 *   npm run simulate -- --seeds 10000 [--workers 2] [--profile crashes] [--from 1]
 *   npm run simulate -- --seed 4711
 *   npm run simulate -- --seed 4711 --profile calm --accounts 10 --processes 20 --hosts 5
 *
 * Each run starts from a new base seed and prints it, so that a clean result covers schedules for which the code was not tuned;
 * `--from` repeats a run.
 *
 * `--modes sticky-1800,rotate-0` draws the accounts' platforms from these ways to renew: Feishu's, and that of DingTalk's store apps.
 *
 * `--core <folder>` takes the managers from another copy of the core's sources. `--accounts`,
 * `--processes` and `--hosts` set the size of the fleet, otherwise drawn from the seed. `--keep-going` doesn't stop at the first failing
 * seed. Exits with code 1 if a guarantee was broken.
 */
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { randomInt } from 'node:crypto'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL, fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'

/** The simulated fleet in the sources. */
const fleetSource = fileURLToPath(new URL('../packages/testing/src/fleet/simulate-fleet.ts', import.meta.url))

const options = {
  seeds: { type: 'string', default: '1000' },
  from: { type: 'string' },
  seed: { type: 'string' },
  workers: { type: 'string', default: String(availableParallelism()) },
  profile: { type: 'string' },
  modes: { type: 'string' },
  core: { type: 'string' },
  accounts: { type: 'string' },
  processes: { type: 'string' },
  hosts: { type: 'string' },
  'keep-going': { type: 'boolean', default: false },
  worker: { type: 'boolean', default: false },
  fleet: { type: 'string' },
}
const values = readArguments()

function readArguments() {
  try {
    return parseArgs({ options }).values
  } catch (error) {
    console.error(`simulate: ${error.message}`)
    process.exit(2)
  }
}

/** Runs a seed with the programs that `compiled` created. */
async function simulation({ fleet, core }) {
  const { simulateFleet } = await import(pathToFileURL(fleet).href)
  const { profile, modes } = values
  const settings = { ...(profile && { profile }), ...(modes && { modes: modes.split(',') }), size: sizeOf(values) }
  if (core === undefined) return (seed, more) => simulateFleet({ seed, ...settings, ...more })
  const { TokenManager } = await import(pathToFileURL(core).href)
  return (seed, more) =>
    simulateFleet({ seed, ...settings, managerOf: (options) => new TokenManager(options), ...more })
}

function sizeOf(given) {
  return Object.fromEntries(
    ['accounts', 'processes', 'hosts'].flatMap((name) =>
      given[name] === undefined ? [] : [[name, Number(given[name])]],
    ),
  )
}

/** Says what one token cost, on average. */
function perLife({ tokens, requests, reads, writes, leases, notifications }) {
  const counts = { requests, reads, writes, leases, notifications }
  return `a token's life: ${Object.entries(counts)
    .map(([name, count]) => `${(count / tokens).toFixed(2)} ${name}`)
    .join(', ')}`
}

/** Compiles the fleet, and the other core if one is given: both start and run faster than from their sources. */
async function compiled() {
  const directory = mkdtempSync(join(tmpdir(), 'lingpai-simulate-'))
  const compile = async (source, name) => {
    const outfile = join(directory, name)
    const settings = { bundle: true, platform: 'node', format: 'esm', conditions: ['@lingpai/source'] }
    await build({ entryPoints: [source], outfile, ...settings, logLevel: 'error' })
    return outfile
  }
  return {
    fleet: await compile(fleetSource, 'fleet.mjs'),
    core: values.core && (await compile(resolve(values.core, 'index.ts'), 'core.mjs')),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

async function replay(seed) {
  const programs = await compiled()
  const simulate = await simulation(programs)
  programs.remove()
  const report = await simulate(seed, { onTrace: (line) => console.log(line) })
  console.log(JSON.stringify(report.figures))
  console.log(perLife(report.figures))
  console.log(
    report.broken === undefined
      ? `seed ${seed} (${report.profile}): every guarantee held, hash ${report.hash}`
      : `seed ${seed} (${report.profile}): ${report.broken.guarantee} broken: ${report.broken.what}`,
  )
  if (report.broken !== undefined) process.exitCode = 1
}

/** One worker: the seeds from `from`, every `step`th. Sends each failing report, and sums from time to time. */
async function sweep(from, step, count) {
  const simulate = await simulation(values)
  let seed = from
  process.on('unhandledRejection', (error) => {
    console.error(`seed ${seed}: unhandled rejection`, error)
    process.exit(2)
  })
  const sums = { runs: 0 }
  for (let i = 0; i < count; i += 1, seed += step) {
    const { figures, broken, profile, ranMs } = await simulate(seed)
    sums.runs += 1
    for (const [name, figure] of Object.entries({ ...figures, ranMs })) sums[name] = (sums[name] ?? 0) + figure
    if (broken !== undefined) {
      process.send({ seed, profile, broken })
      if (!values['keep-going']) break
    }
  }
  const { user, system } = process.cpuUsage()
  process.send({ sums: { ...sums, cpuMs: (user + system) / 1000 } })
  process.disconnect()
}

function oneLine({ seed, profile, broken: { guarantee, what, atMs } }) {
  return `seed ${seed} (${profile}), ${atMs} ms after the start: ${guarantee} broken: ${what}`
}

async function sweepAll(from, count, workers) {
  const startedAtMs = performance.now()
  const sums = {}
  const failures = []
  const programs = await compiled()
  const started = Array.from({ length: Math.min(workers, count) }, (_, i) => {
    const share = Math.ceil((count - i) / workers)
    const { profile, modes, accounts, processes, hosts } = values
    const passed = Object.entries({
      profile,
      modes,
      accounts,
      processes,
      hosts,
      fleet: programs.fleet,
      core: programs.core,
    }).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]))
    const child = fork(
      fileURLToPath(import.meta.url),
      [
        '--worker',
        '--from',
        String(from + i),
        '--seeds',
        String(share),
        '--workers',
        String(workers),
        ...passed,
      ].concat(values['keep-going'] ? ['--keep-going'] : []),
    )
    child.on('message', ({ sums: part, ...failure }) => {
      if (part === undefined) {
        failures.push(failure)
        console.log(oneLine(failure))
      }
      for (const [name, figure] of Object.entries(part ?? {})) sums[name] = (sums[name] ?? 0) + figure
    })
    return new Promise((done) => child.on('exit', done))
  })
  const codes = await Promise.all(started)
  programs.remove()
  const seconds = (performance.now() - startedAtMs) / 1000
  const [first] = failures.sort((a, b) => a.seed - b.seed)
  if (first !== undefined) {
    console.log(first.broken.trace.join('\n'))
    console.log(oneLine(first))
    console.log(`replay: npm run simulate -- --seed ${first.seed}${chosenModes}`)
  }
  const { runs, cpuMs, ranMs, ...figures } = sums
  console.log(
    `${runs} schedules in ${seconds.toFixed(1)} s (${Math.round(runs / (cpuMs / 1000))} per second of processor), ${Math.round(ranMs / 3_600_000)} virtual hours, ${failures.length} failing`,
  )
  console.log(JSON.stringify(figures))
  console.log(perLife(figures))
  if (failures.length > 0 || codes.some((code) => code !== 0)) process.exitCode = 1
}

const chosenModes = values.modes === undefined ? '' : ` --modes ${values.modes}`
/** Seeds are whole numbers; a base leaves room for a long run above it. */
const highestBase = 10 ** 12

if (values.seed !== undefined) await replay(Number(values.seed))
else if (values.worker) await sweep(Number(values.from), Number(values.workers), Number(values.seeds))
else {
  const from = values.from === undefined ? randomInt(1, highestBase) : Number(values.from)
  console.log(`from seed ${from} on: npm run simulate -- --from ${from} --seeds ${values.seeds}${chosenModes}`)
  await sweepAll(from, Number(values.seeds), Number(values.workers))
}
