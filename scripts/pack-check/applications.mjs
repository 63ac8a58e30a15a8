// Runs applications on the packed packages as users install them: from a registry, without the lockfile and the overrides of the
// workspace, on this Node and, if our own code runs, on a newer one.
import { execFile, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { assembleImage } from '../lib/assemble-image.mjs'
import { engineProblems } from '../lib/engines.mjs'
import { root } from '../lib/workspace.mjs'
import { startRegistry } from './local-registry.mjs'

/** The other Node that applications run on, besides the one that runs this script. */
const newerNode = 'node@24'

const tool = (path) => join(root, 'node_modules', path)

/**
 * How each fixture of the common installation runs, with the tools that it takes from the workspace. The results of compilers and
 * bundlers are the same on every Node.
 */
const fixtures = {
  'consumer-esm': { runs: [['index.js'], ['--enable-source-maps', 'published-code.js']], onEachNode: true },
  'consumer-cjs': { runs: [['index.js']], onEachNode: true },
  'consumer-server': { runs: [['index.js']], onEachNode: true },
  'consumer-ts-nodenext': { runs: [[tool('typescript/bin/tsc'), '-p', '.']], links: ['@types/node', 'undici-types'] },
  'consumer-ts-cjs': {
    runs: ['node16', 'node18'].map((mode) => [tool('typescript/bin/tsc'), '-p', '.', '--module', mode]),
    links: ['@types/node', 'undici-types'],
  },
  'consumer-jest-cjs': {
    runs: [[tool('jest/bin/jest.js'), '--no-cache']],
    links: ['jest', 'ts-jest', 'typescript'],
    onEachNode: true,
  },
}

/** Fixtures with their own installation: a package that they omit must not be found in a parent directory. */
const standalone = {
  'consumer-bundlers': { runs: [['index.js']] },
  // The oldest TypeScript that the declarations support.
  'consumer-ts-minimum': {
    runs: ['.', 'without-node'].map((project) => ['node_modules/typescript/bin/tsc', '-p', project]),
  },
  // Its fetch cache works the same on any Node, and its build takes long.
  'consumer-next': { runs: [['index.js']] },
}

/**
 * @param tarballs {name, file, manifest} of each package
 * @param stage where the packages are built; the applications are created beside them, where they can't find the sources
 * @returns a line for each problem
 */
export async function applicationProblems(tarballs, stage) {
  const place = join(stage.place, 'applications')
  const home = join(place, 'common')
  const image = join(place, 'image')
  const registry = await startRegistry(tarballs)
  const problems = []
  let nodes
  try {
    nodes = [process.execPath, await installedNode(newerNode)]
    problems.push(...(await installAll(tarballs, place, home, registry)))
  } finally {
    registry.close()
  }
  assembleImage(stage.root, image)
  const bin = tarballs.find(({ folder }) => folder === 'cli').manifest.bin.lingpai
  const applications = [
    ...Object.entries(fixtures).map(([name, fixture]) => ({ name, directory: join(home, name), ...fixture })),
    ...Object.entries(standalone).map(([name, fixture]) => ({ name, directory: join(place, name), ...fixture })),
    {
      name: 'the command',
      directory: home,
      runs: [[join('node_modules/@lingpai/cli', bin), '--help']],
      onEachNode: true,
    },
    { name: 'the image', directory: image, runs: [[join('packages/cli', bin), '--help'], ...importsOf(image)] },
  ]
  for (const { name, directory, runs, onEachNode = false } of applications) {
    for (const node of onEachNode ? nodes : nodes.slice(0, 1)) {
      for (const args of runs) problems.push(...runProblems({ node, name, args, directory }))
    }
  }
  return problems
}

/** @returns a line for each package that its Node is too old for */
async function installAll(tarballs, place, home, registry) {
  const dependencies = Object.fromEntries(tarballs.map(({ name, manifest }) => [name, manifest.version]))
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true, dependencies }))
  const problems = await install(home, registry)
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
  return problems
}

/** Checks that every package of the image can be imported from the place of its command. */
function importsOf(image) {
  const names = readdirSync(join(image, 'node_modules/@lingpai')).map((name) => `@lingpai/${name}`)
  return [['--input-type=module', '--eval', names.map((name) => `import '${name}'`).join('\n')]]
}

function copyFixture(name, directory) {
  cpSync(join(root, 'fixtures', name), directory, { recursive: true, filter: (path) => !path.endsWith('node_modules') })
}

/** Installs the dependencies in the `package.json` of a directory. @returns a line for each package that its Node is too old for */
async function install(directory, { npmrc }) {
  writeFileSync(join(directory, '.npmrc'), npmrc)
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']
  const { stderr } = await npm(args, directory)
  const { packages } = JSON.parse(readFileSync(join(directory, 'package-lock.json'), 'utf8'))
  return [...stderr.split('\n').filter((line) => line.includes('EBADENGINE')), ...engineProblems(packages)]
}

/** The path of another Node, installed with npm. */
async function installedNode(version) {
  const { stdout } = await npm(['exec', '--yes', `--package=${version}`, '--', 'node', '-p', 'process.execPath'], root)
  return stdout.trim()
}

/** Asynchronous, because the registry responds from this process. */
async function npm(args, cwd) {
  try {
    return await promisify(execFile)('npm', args, { cwd, shell: process.platform === 'win32', maxBuffer: 2 ** 26 })
  } catch (error) {
    throw new Error(`npm ${args.join(' ')} failed\n${error.stdout}${error.stderr}`, { cause: error })
  }
}

function runProblems({ node, name, args, directory }) {
  const startedAt = performance.now()
  const run = spawnSync(node, args, { cwd: directory, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } })
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  const { stdout: version } = spawnSync(node, ['--version'], { encoding: 'utf8' })
  const what = `${name} on Node ${version.trim()}`
  console.log(`${run.status === 0 ? 'ok  ' : 'FAIL'} ${seconds.padStart(6)} s  ${what}`)
  return run.status === 0 ? [] : [`${what} fails\n${run.stdout}${run.stderr}`]
}
