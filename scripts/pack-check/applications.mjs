// Applications on the packed packages, as their users install and run them: from a registry, without the lockfile and the
// overrides of the workspace, on this Node and on a newer one.
import { execFile, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { engineProblems } from '../lib/engines.mjs'
import { root } from '../lib/workspace.mjs'
import { startRegistry } from './local-registry.mjs'

/** The other Node that applications are run on; the first is the one that runs this. */
const newerNode = 'node@24'

const tool = (path) => join(root, 'node_modules', path)

/** How each fixture of the common installation is run, with the tools that it takes from the workspace. */
const fixtures = {
  'consumer-esm': { run: ['index.js'] },
  'consumer-cjs': { run: ['index.js'] },
  'consumer-server': { run: ['index.js'] },
  'consumer-ts-nodenext': { run: [tool('typescript/bin/tsc'), '-p', '.'], links: ['@types/node', 'undici-types'] },
  'consumer-ts-cjs': {
    runs: ['node16', 'node18'].map((mode) => [tool('typescript/bin/tsc'), '-p', '.', '--module', mode]),
    links: ['@types/node', 'undici-types'],
  },
  'consumer-jest-cjs': { run: [tool('jest/bin/jest.js'), '--no-cache'], links: ['jest', 'ts-jest', 'typescript'] },
}

/** Fixtures with an installation of their own: what they leave out is not to be found anywhere above them. */
const standalone = {
  'consumer-bundlers': { run: ['index.js'] },
  // The oldest TypeScript that the declarations are for.
  'consumer-ts-minimum': {
    runs: ['.', 'without-node'].map((project) => ['node_modules/typescript/bin/tsc', '-p', project]),
  },
}

/** How many applications there are. */
export const applicationCount = Object.keys(fixtures).length + Object.keys(standalone).length

/**
 * @param tarballs {name, file, manifest} of each package
 * @param place an empty directory
 * @returns a line for each thing that is wrong
 */
export async function applicationProblems(tarballs, place) {
  const problems = []
  const registry = await startRegistry(tarballs)
  try {
    const nodes = [process.execPath, await installedNode(newerNode)]
    const home = join(place, 'common')
    const dependencies = Object.fromEntries(tarballs.map(({ name, manifest }) => [name, manifest.version]))
    mkdirSync(home, { recursive: true })
    writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true, dependencies }))
    problems.push(...(await install(home, registry)))
    for (const [name, { links = [] }] of Object.entries(fixtures)) {
      const directory = join(home, name)
      copyFixture(name, directory)
      for (const link of links) {
        const path = join(directory, 'node_modules', link)
        mkdirSync(join(path, '..'), { recursive: true })
        symlinkSync(tool(link), path, 'junction')
      }
    }
    for (const name of Object.keys(standalone)) {
      copyFixture(name, join(place, name))
      problems.push(...(await install(join(place, name), registry)))
    }
    const runsOf = (applications, parent) =>
      Object.entries(applications).flatMap(([name, { run, runs = [run] }]) =>
        runs.map((args) => ({ name, run: args, directory: join(parent, name) })),
      )
    const runs = [
      ...runsOf(fixtures, home),
      ...runsOf(standalone, place),
      { name: '@lingpai/cli', run: [join(home, 'node_modules/@lingpai/cli/dist/bin.js'), '--help'], directory: home },
    ]
    for (const node of nodes) for (const application of runs) problems.push(...runProblems(node, application))
  } finally {
    registry.close()
  }
  return problems
}

function copyFixture(name, directory) {
  cpSync(join(root, 'fixtures', name), directory, { recursive: true, filter: (path) => !path.endsWith('node_modules') })
}

/** Installs what the `package.json` of a directory names. @returns a line for each package that its Node is too old for */
async function install(directory, { npmrc }) {
  writeFileSync(join(directory, '.npmrc'), npmrc)
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']
  const { stderr } = await npm(args, directory)
  const { packages } = JSON.parse(readFileSync(join(directory, 'package-lock.json'), 'utf8'))
  return [...stderr.split('\n').filter((line) => line.includes('EBADENGINE')), ...engineProblems(packages)]
}

/** The path of another Node, which npm brings. */
async function installedNode(version) {
  const { stdout } = await npm(['exec', '--yes', `--package=${version}`, '--', 'node', '-p', 'process.execPath'], root)
  return stdout.trim()
}

/** Asynchronous: the registry answers from this process. */
async function npm(args, cwd) {
  try {
    return await promisify(execFile)('npm', args, { cwd, shell: process.platform === 'win32', maxBuffer: 2 ** 26 })
  } catch (error) {
    throw new Error(`npm ${args.join(' ')} failed\n${error.stdout}${error.stderr}`, { cause: error })
  }
}

function runProblems(node, { name, run, directory }) {
  const { status, stdout, stderr } = spawnSync(node, run, {
    cwd: directory,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  return status === 0 ? [] : [`fixtures/${name} fails on ${node}\n${stdout}${stderr}`]
}
