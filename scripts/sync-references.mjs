// npm run references: makes the command depend on every provider package, and writes the project references of every tsconfig.json from the
// dependencies in package.json; those at the top are all packages.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { commandLine } from './lib/command-line.mjs'
import { packages, readJson, root } from './lib/workspace.mjs'

const { values } = commandLine({
  usage: ['npm run references', 'npm run references:check'],
  what: 'Writes the dependencies and project references that follow from the packages.',
  options: { check: { type: 'boolean', default: false, what: 'only reports differences' } },
})
const isCheck = values.check
const stale = []
await bring('packages/cli/package.json', withProviders(readJson('packages/cli/package.json')))

const all = packages()
const wanted = new Map([['tsconfig.json', all.map(({ folder }) => `packages/${folder}`)]])
for (const { folder, manifest } of all) {
  const names = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  const needed = all.filter(({ name }) => names.includes(name)).map((other) => `../${other.folder}`)
  wanted.set(`packages/${folder}/tsconfig.json`, needed)
}

for (const [path, references] of wanted) {
  const rest = readJson(path)
  delete rest.references
  await bring(path, { ...rest, ...(references.length > 0 && { references: references.map((path) => ({ path })) }) })
}
if (isCheck && stale.length > 0) {
  for (const path of stale) console.error(`${path} does not follow from the packages; run: npm run references`)
  process.exitCode = 1
} else {
  console.log(
    stale.length > 0 ? `written: ${stale.join(', ')}` : `${wanted.size} lists of references follow from package.json`,
  )
}

/** The command's `package.json` with a dependency on each provider package, at the common version. */
function withProviders(manifest) {
  const others = Object.entries(manifest.dependencies).filter(([name]) => !name.startsWith('@lingpai/provider-'))
  const providers = packages()
    .filter(({ folder }) => folder.startsWith('provider-'))
    .map(({ name }) => [name, manifest.version])
  return {
    ...manifest,
    dependencies: Object.fromEntries([...others, ...providers].sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}

/** Writes a file that differs; a check only records it. */
async function bring(path, json) {
  const file = join(root, path)
  const text = await format(JSON.stringify(json), { ...(await resolveConfig(file)), filepath: file })
  if (text === readFileSync(file, 'utf8')) return
  stale.push(path)
  if (!isCheck) writeFileSync(file, text)
}
