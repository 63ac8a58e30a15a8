// node scripts/pack-check.mjs: builds and packs every public package in a copy of the workspace, checks the tarballs
// (publint, are-the-types-wrong, exact file list, manifest, one file of code for each entry), and runs the applications of fixtures/ on
// them.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { buildWorkspace } from './lib/build-workspace.mjs'
import { manifestProblems } from './lib/manifest-problems.mjs'
import { stageWorkspace } from './lib/stage.mjs'
import { packages, readJson, root } from './lib/workspace.mjs'
import { applicationProblems } from './pack-check/applications.mjs'
import { codeFiles, distProblems } from './pack-check/dist-problems.mjs'

const problems = []
const stage = stageWorkspace()
try {
  await main()
} finally {
  stage.remove()
}
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exitCode = 1
}

async function main() {
  const published = packages().filter(({ isPublic }) => isPublic)
  const license = readFileSync(join(root, 'LICENSE'), 'utf8')
  for (const pack of published) report(pack.name, manifestProblems(pack, readJson('package.json'), license))

  const unbuilt = await buildWorkspace(stage.root)
  if (unbuilt.length > 0) return report('build', unbuilt)

  const tarballs = packAll(published)
  for (const { name, folder, manifest, file, files } of tarballs) {
    report(name, distProblems(join(stage.root, 'packages', folder), manifest))
    report(name, fileListProblems(folder, manifest, files))
    const { messages, pkg } = await publint({ strict: true, pack: { tarball: arrayBuffer(file) } })
    report(
      name,
      messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`),
    )
    const attw = node([tool('@arethetypeswrong/cli/dist/index.js'), file, '--profile', 'esm-only', '--no-color'], root)
    if (attw !== undefined) report(name, [attw])
  }
  if (problems.length === 0) problems.push(...(await applicationProblems(tarballs, stage)))
  if (problems.length === 0) console.log(`${tarballs.length} packages packed, and every application runs on them`)
}

function report(name, found) {
  for (const problem of found) problems.push(`${name}: ${problem}`)
}

function tool(path) {
  return join(root, 'node_modules', path)
}

/** Runs a script with this Node. @returns its output if it failed, otherwise undefined */
function node(args, cwd) {
  const run = spawnSync(process.execPath, args, { cwd, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } })
  const command = args.map((arg) => (arg.startsWith(root) ? relative(root, arg) : arg)).join(' ')
  return run.status === 0 ? undefined : `node ${command} failed\n${run.stdout}${run.stderr}`
}

function npm(args, cwd) {
  const run = spawnSync('npm', args, { cwd, encoding: 'utf8', shell: process.platform === 'win32' })
  if (run.status !== 0) throw new Error(`npm ${args[0]} failed\n${run.stdout}${run.stderr}`)
  return run.stdout
}

/** Packs all public packages at once. */
function packAll(published) {
  const destination = join(stage.root, 'tarballs')
  mkdirSync(destination)
  const chosen = published.flatMap(({ name }) => ['--workspace', name])
  const answer = JSON.parse(
    npm(['pack', '--json', '--ignore-scripts', '--pack-destination', destination, ...chosen], stage.root),
  )
  return Object.values(answer).map(({ name, filename, files }) => ({
    ...published.find((pack) => pack.name === name),
    file: join(destination, filename.replace('@', '').replace('/', '-')),
    files: files.map(({ path }) => path),
  }))
}

/** Files that the tarball has too many, and those that are missing. */
function fileListProblems(folder, manifest, files) {
  const directory = join(stage.root, 'packages', folder)
  const expected = new Set(['package.json', 'README.md', 'LICENSE'])
  for (const path of filesBelow(join(directory, 'src'))) {
    expected.add(`src/${path}`)
    for (const ending of ['.d.ts', '.d.ts.map']) expected.add(`dist/${path.replace(/\.ts$/, ending)}`)
  }
  for (const name of codeFiles(directory, manifest)) {
    for (const ending of ['.js', '.js.map']) expected.add(`dist/${name}${ending}`)
  }
  for (const extra of manifest.files) {
    if (extra === 'src' || extra === 'dist' || extra.startsWith('!')) continue
    const path = join(directory, extra)
    if (statSync(path).isDirectory()) for (const file of filesBelow(path)) expected.add(`${extra}/${file}`)
    else expected.add(extra)
  }
  return [
    ...files.filter((path) => !expected.has(path)).map((path) => `${path} is in the tarball and should not be`),
    ...[...expected].filter((path) => !files.includes(path)).map((path) => `${path} is missing in the tarball`),
  ]
}

function filesBelow(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
}

function arrayBuffer(file) {
  const { buffer, byteOffset, byteLength } = readFileSync(file)
  return buffer.slice(byteOffset, byteOffset + byteLength)
}
