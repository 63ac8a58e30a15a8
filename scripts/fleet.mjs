// npm run fleet: a small real fleet of processes, for an hour (`benchmarks/fleet-hour/main.ts`).
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { commandLine } from './lib/command-line.mjs'

const { values } = commandLine({
  usage: 'npm run fleet -- [options]',
  what: 'Runs processes that all refresh all accounts on one redis-server, and judges memory, requests and dead tokens at the end.',
  options: {
    minutes: { type: 'number', default: 60, value: 'N', what: 'how long it runs' },
    processes: { type: 'number', default: 8, value: 'N', what: 'processes of the fleet' },
    accounts: { type: 'number', default: 2000, value: 'N', what: 'accounts of the platform' },
    life: {
      type: 'number',
      default: 300,
      value: 'SECONDS',
      what: 'life of a token; memory is judged over five lives or more',
    },
    calls: { type: 'number', default: 10, value: 'N', what: 'calls of each process in a second' },
  },
})
const main = fileURLToPath(new URL('../benchmarks/fleet-hour/main.ts', import.meta.url))
const flags = ['--conditions=@lingpai/source', '--import', 'tsx']
const { status } = spawnSync(process.execPath, [...flags, main, JSON.stringify(values)], { stdio: 'inherit' })
process.exitCode = status ?? 1
