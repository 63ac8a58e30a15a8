import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import type { Machine, ResultFile } from './result-file.js'

/** The top of the workspace, which is the current directory of every script. */
const root = process.cwd()

const resultPath = join(root, 'benchmarks/results.json')

/** The stored results, if there are any. */
export function readResults(): ResultFile | undefined {
  return existsSync(resultPath) ? (JSON.parse(readFileSync(resultPath, 'utf8')) as ResultFile) : undefined
}

/** Stores results of this machine. Those of another machine are replaced, because they can't be compared. */
export function writeResults(scenarios: ResultFile['scenarios']): void {
  const stored = readResults()
  const machine = thisMachine()
  const isSame = stored === undefined || JSON.stringify(stored.machine) === JSON.stringify(machine)
  const newest = Object.entries(scenarios).filter(([name, result]) => isSame || stored.scenarios[name] !== result)
  const file: ResultFile = { machine, versions: versions(), scenarios: Object.fromEntries(newest) }
  writeFileSync(resultPath, `${JSON.stringify(file, undefined, 2)}\n`)
}

function thisMachine(): Machine {
  const processors = cpus()
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release().split('-')[0] ?? ''}`,
    node: process.version,
  }
}

/** What the workspace installs and the benchmarks use. */
const usedHere = ['fastify', '@keyv/redis', '@keyv/sqlite']

/** The versions of Lingpai, of all peers, and of the drivers and programs below them. */
function versions(): ResultFile['versions'] {
  const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest
  const { devDependencies, optionalDependencies } = read('package.json')
  const ofWorkspace = Object.entries({ ...devDependencies, ...optionalDependencies })
  return {
    Lingpai: read('packages/core/package.json').version,
    ...read('benchmarks/package.json').dependencies,
    ...Object.fromEntries(ofWorkspace.filter(([name]) => usedHere.includes(name))),
    ...versionOf('nginx', '-v'),
    ...versionOf('redis-server', '--version'),
  }
}

/** What a program of the machine says of its version, if it is there. */
function versionOf(program: string, option: string): Readonly<Record<string, string>> {
  const { stdout, stderr } = spawnSync(program, [option], { encoding: 'utf8' })
  const version = /\d+\.\d+\.\d+/.exec([stdout, stderr].join(' '))?.[0]
  return version === undefined ? {} : { [program]: version }
}

interface Manifest {
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}
