// npm run new: writes the skeleton of a package. It passes its conformance
// suite; the test `filled-in` fails with the list of what is still an example. It also updates the project references.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { commandLine, wrongUsage } from './lib/command-line.mjs'
import { readJson, root } from './lib/workspace.mjs'
import { cacheFiles } from './new/cache.mjs'
import { filledInTest } from './new/filled-in-test.mjs'
import { providerFiles } from './new/provider.mjs'

const kinds = { provider: providerFiles, cache: cacheFiles }
const { names } = commandLine({
  usage: ['npm run new -- provider acme', 'npm run new -- cache mongodb'],
  what: 'Writes the skeleton of a package.',
  takesNames: true,
})
const [kind, name] = names
const problem = problemOf()
if (problem !== undefined) wrongUsage(problem)
await create()

function problemOf() {
  if (kinds[kind] === undefined) return 'say provider or cache'
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name ?? '')) return 'the name is lower-case words with hyphens'
  return existsSync(join(root, 'packages', `${kind}-${name}`)) ? `packages/${kind}-${name} exists` : undefined
}

async function create() {
  const folder = `${kind}-${name}`
  const files = {
    'package.json': JSON.stringify(manifest(folder)),
    'tsconfig.json': JSON.stringify(readJson('packages/provider-wecom/tsconfig.json')),
    LICENSE: readFileSync(join(root, 'LICENSE'), 'utf8'),
    'test/filled-in.test.ts': filledInTest,
    ...kinds[kind](name),
  }
  for (const [path, text] of Object.entries(files)) {
    const file = join(root, 'packages', folder, path)
    mkdirSync(dirname(file), { recursive: true })
    const options = { ...(await resolveConfig(file)), filepath: file }
    writeFileSync(file, path === 'LICENSE' ? text : await format(text, options))
    console.log(`wrote packages/${folder}/${path}`)
  }
  spawnSync(process.execPath, [join(root, 'scripts/sync-references.mjs')], { stdio: 'inherit' })
  const steps = [
    'npm install',
    `npm test -- packages/${folder}, which lists what to fill in`,
    ...(kind === 'provider' ? ['npm run providers'] : []),
    'npm run api',
  ]
  console.log(`\nNext:\n${steps.map((step) => `  ${step}`).join('\n')}`)
}

function manifest(folder) {
  const { exports, ...model } = readJson('packages/provider-wecom/package.json')
  if (kind !== 'provider') delete exports['./manifest']
  return { ...model, exports, name: `@lingpai/${folder}`, description: `${name} for Lingpai.` }
}
