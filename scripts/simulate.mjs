// npm run simulate: runs the simulated fleet over many seeds, or one seed with its whole trace. Each run starts from a new base seed and
// prints it, so that a clean result covers schedules for which the code was not tuned; `--from` repeats a run. Exits with code 1 if a
// guarantee was broken.
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { randomInt } from 'node:crypto'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL, fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { commandLine } from './lib/command-line.mjs'

/** The simulated fleet in the sources. */
const fleetSource = fileURLToPath(new URL('../packages/testing/src/fleet/simulate-fleet.ts', import.meta.url))

const { values } = commandLine({
  usage: ['npm run simulate -- [--seeds 10000] [options]', 'npm run simulate -- --seed 4711 [options]'],
  what: 'Runs the simulated fleet over many seeds, or one seed with its whole trace.',
  options: {
    seeds: { type: 'number', default: 1000, value: 'N', what: 'how many schedules to run' },
    from: { type: 'number', value: 'SEED', what: 'the first seed, which repeats a run (default: a new one)' },
    seed: { type: 'number', value: 'SEED', what: 'one schedule alone, with its trace' },
    workers: { type: 'number', default: availableParallelism(), value: 'N', what: 'processes that run schedules' },
    profile: {
      type: 'string',
      value: 'NAME',
      what: 'how much goes wrong, such as calm or crashes (default: by the seed)',
    },
    modes: {
      type: 'string',
      value: 'LIST',
      what: 'draws the ways to renew from these alone, such as sticky-1800,rotate-0',
    },
    core: { type: 'string', value: 'FOLDER', what: "takes the managers from another copy of the core's sources" },
    accounts: { type: 'number', value: 'N', what: 'accounts of the fleet (default: by the seed)' },
    processes: { type: 'number', value: 'N', what: 'processes of the fleet (default: by the seed)' },
    hosts: { type: 'number', value: 'N', what: 'hosts of the fleet (default: by the seed)' },
    'keep-going': { type: 'boolean', what: "doesn't stop at the first failing seed" },
    worker: { type: 'boolean' },
    fleet: { type: 'string' },
  },
})

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
    ['accounts', 'processes', 'hosts'].flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])),
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
    }).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)]))
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

if (values.seed !== undefined) await replay(values.seed)
else if (values.worker) await sweep(values.from, values.workers, values.seeds)
else {
  const { from = randomInt(1, highestBase), seeds, workers } = values
  console.log(`from seed ${from} on: npm run simulate -- --from ${from} --seeds ${seeds}${chosenModes}`)
  await sweepAll(from, seeds, workers)
}
