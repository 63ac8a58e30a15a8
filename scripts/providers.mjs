// Writes what names every provider package, from packages/provider-*: the command's table, the JSON Schema of its configuration,
// the names on the status page, the providers' pages, the lists of other pages and the recipes for reverse proxies.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { commandLine } from './lib/command-line.mjs'
import { root } from './lib/workspace.mjs'
import { generatedSources } from './providers/code.mjs'
import { pagesWithLists } from './providers/lists.mjs'
import { pagesWithoutPackage, providerPages } from './providers/pages.mjs'
import { proxyRecipes } from './providers/proxies.mjs'
import { readProviders } from './providers/read-providers.mjs'

const { values } = commandLine({
  usage: ['npm run providers', 'npm run providers:check'],
  what: 'Writes what names every provider package: tables, schema, pages, lists and recipes.',
  options: { check: { type: 'boolean', default: false, what: 'only reports what is stale' } },
})
const isCheck = values.check
const providers = await readProviders()
const problems = pagesWithoutPackage(providers).map((path) => `${path}: there is no such provider package`)

for (const [path, text] of [
  ...generatedSources(providers),
  ...providerPages(providers),
  ...pagesWithLists(providers),
  ...proxyRecipes(providers),
]) {
  await bring(path, text)
}
// Read only now, because it depends on the table that was just written.
const { configurationJsonSchema } = await import('../packages/cli/src/index.ts')
await bring('packages/cli/lingpai.schema.json', JSON.stringify(configurationJsonSchema()))

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
else if (isCheck) console.log(`what names ${providers.length} provider packages follows from their folders`)

/** Writes a file whose content is outdated, formatted as the rest of the repository; a check reports it instead. */
async function bring(path, text) {
  const file = join(root, path)
  const formatted = /\.(txt|conf|Caddyfile)$/.test(path)
    ? text
    : await format(text, { ...(await resolveConfig(file)), filepath: file })
  if (existsSync(file) && readFileSync(file, 'utf8') === formatted) return
  if (isCheck) problems.push(`${path} is stale; run: npm run providers`)
  else {
    writeFileSync(file, formatted)
    console.log(`wrote ${path}`)
  }
}
