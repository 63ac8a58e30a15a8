// The contents of the token server's image: the packages that its command needs, each with the files of its tarball, and their
// dependencies at the versions of package-lock.json. It includes Redis, files and memory, but not SQLite: its driver must be
// compiled, and the image has no compiler.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { packages, root } from './workspace.mjs'

const wanted = ['@lingpai/cli', '@lingpai/cache-redis']

/**
 * @param workspace where the packages are built
 * @param directory where the image's files go
 */
export function assembleImage(workspace, directory) {
  mkdirSync(directory, { recursive: true })
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(root, file), join(directory, file))
  const chosen = imagePackages()
  const packed = npm(['pack', '--dry-run', '--json', '--ignore-scripts', ...workspaces(chosen)], workspace)
  for (const { name, files } of Object.values(JSON.parse(packed))) {
    const { folder } = chosen.find((pack) => pack.name === name)
    for (const { path } of files) {
      cpSync(join(workspace, 'packages', folder, path), join(directory, 'packages', folder, path))
    }
  }
  npm(['ci', '--omit=dev', '--omit=optional', '--ignore-scripts', '--no-audit', ...workspaces(chosen)], directory)
}

/** The given packages and all packages of the workspace that they depend on. */
function imagePackages() {
  const all = packages()
  const names = new Set(wanted)
  for (const name of names) {
    const {
      dependencies = {},
      peerDependencies = {},
      peerDependenciesMeta = {},
    } = all.find((pack) => pack.name === name).manifest
    const required = Object.keys(peerDependencies).filter((peer) => peerDependenciesMeta[peer]?.optional !== true)
    for (const dependency of [...Object.keys(dependencies), ...required]) {
      if (all.some((pack) => pack.name === dependency)) names.add(dependency)
    }
  }
  return all.filter(({ name }) => names.has(name))
}

function workspaces(chosen) {
  return chosen.flatMap(({ name }) => ['--workspace', name])
}

function npm(args, cwd) {
  const run = spawnSync('npm', args, { cwd, encoding: 'utf8', shell: process.platform === 'win32' })
  if (run.status !== 0) throw new Error(`npm ${args[0]} failed\n${run.stdout}${run.stderr}`)
  return run.stdout
}
