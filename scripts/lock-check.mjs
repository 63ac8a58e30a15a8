// node scripts/lock-check.mjs: checks that `npm ci` accepts the lockfile and those of the benchmarks and of examples, that every package in the
// first runs on the Node versions of `engines`, and that no override leaves a dependency's own range, since users install without
// our overrides.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import semver from 'semver'
import { engineProblems } from './lib/engines.mjs'
import { readJson, root } from './lib/workspace.mjs'

const { packages } = readJson('package-lock.json')
const problems = [...engineProblems(packages), ...rangeProblems()]
for (const folder of ['.', 'benchmarks', 'examples/dingtalk-sdks', 'examples/oauth-sdks', 'examples/wechat-sdks']) {
  const dryRun = spawnSync('npm', ['ci', '--dry-run', '--ignore-scripts'], {
    cwd: join(root, folder),
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (dryRun.status !== 0 || /\bEBADENGINE\b/.test(dryRun.stderr)) problems.push(`${dryRun.stdout}${dryRun.stderr}`)
}
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exitCode = 1
}

/** Each dependency whose locked version is outside the range that its dependent requests. */
function rangeProblems() {
  return Object.entries(packages).flatMap(([path, { name, link, dependencies = {}, optionalDependencies = {} }]) => {
    if (link === true) return []
    return Object.entries({ ...dependencies, ...optionalDependencies }).flatMap(([wanted, range]) => {
      const version = versionSeenFrom(path, wanted)
      if (version === undefined || semver.validRange(range) === null || semver.satisfies(version, range)) return []
      return [`${name ?? path} wants ${wanted} ${range}, and an override makes it ${version}`]
    })
  })
}

/** The version that Node would find from a package's folder. */
function versionSeenFrom(path, name) {
  const folders = path === '' ? [] : path.split('/')
  for (let depth = folders.length; depth >= 0; depth -= 1) {
    const found = packages[[...folders.slice(0, depth), 'node_modules', name].join('/')]
    if (found !== undefined) return found.version
  }
  return undefined
}
