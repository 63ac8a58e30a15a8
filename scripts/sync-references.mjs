// node scripts/sync-references.mjs [--check]: the project references in every tsconfig.json follow from the dependencies
// in package.json, those at the top are all packages; with --check it only says where they do not.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { packages, readJson, root } from './lib/workspace.mjs'

const all = packages()
const wanted = new Map([['tsconfig.json', all.map(({ folder }) => `packages/${folder}`)]])
for (const { folder, manifest } of all) {
  const names = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  const needed = all.filter(({ name }) => names.includes(name)).map((other) => `../${other.folder}`)
  wanted.set(`packages/${folder}/tsconfig.json`, needed)
}

const stale = []
for (const [path, references] of wanted) {
  const rest = readJson(path)
  delete rest.references
  const text = JSON.stringify({
    ...rest,
    ...(references.length > 0 && { references: references.map((path) => ({ path })) }),
  })
  const file = join(root, path)
  const after = await format(text, { ...(await resolveConfig(file)), filepath: file })
  if (after === readFileSync(file, 'utf8')) continue
  stale.push(path)
  if (!process.argv.includes('--check')) writeFileSync(file, after)
}
if (process.argv.includes('--check') && stale.length > 0) {
  for (const path of stale)
    console.error(`${path} does not follow from package.json; run: node scripts/sync-references.mjs`)
  process.exitCode = 1
} else {
  console.log(
    stale.length > 0 ? `written: ${stale.join(', ')}` : `${wanted.size} lists of references follow from package.json`,
  )
}
