// node scripts/check-architecture.mjs: checks that docs/*/architecture.md names the folders of core in their order, the steps of a refresh,
// every package, and only files that exist. Plants one mistake of each kind first and expects each to be reported.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { root } from './lib/workspace.mjs'

const order = createRequire(import.meta.url)('./lib/core-folders.cjs')
const foldersIn = (path) =>
  readdirSync(join(root, path), { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
const coreFiles = readdirSync(join(root, 'packages/core/src')).filter((name) => name.endsWith('.ts'))
const packages = foldersIn('packages').filter((name) => existsSync(join(root, 'packages', name, 'package.json')))
const refresh = readFileSync(join(root, 'packages/core/src/refresh/refresh.ts'), 'utf8')
const steps = [...refresh.matchAll(/^ \* (\d)\. (.+)$/gm)].map(([, , step]) => step)

const problems = [
  ...difference(
    `the folders of core and scripts/lib/core-folders.cjs`,
    foldersIn('packages/core/src').sort(),
    [...order].sort(),
  ),
  ...['en', 'zh'].flatMap((language) => {
    const path = `docs/${language}/architecture.md`
    const page = readFileSync(join(root, path), 'utf8')
    const plants = {
      'a folder that is gone': page.replace('| `kit` ', '| `kits` '),
      'a package that is gone': page.replace('| `cli` ', '| `clis` '),
      'a missing step': page.replace(/^8\. .+$/m, ''),
      'a file that is gone': page.replace('/record-order.ts', '/record-orders.ts'),
    }
    const unseen = Object.entries(plants)
      .filter(([, text]) => problemsOf(language, text).length === 0)
      .map(([kind]) => `${kind}, planted, was not reported`)
    return [...problemsOf(language, page), ...unseen].map((problem) => `${path}: ${problem}`)
  }),
]
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exitCode = 1
} else {
  console.log(`${order.length} folders, ${packages.length} packages and ${steps.length} steps stand in both pages`)
}

/** The problems of one page. */
function problemsOf(language, page) {
  const rows = [...page.matchAll(/^\| `([\w*-]+)` +\|.*?(?:\| `([\w.-]+)` +)?\|$/gm)]
  const named = rows.filter(([, , begin]) => begin === undefined).map(([, name]) => name)
  const begun = rows.filter(([, , begin]) => begin !== undefined)
  const listed = [...page.matchAll(/^\d\. (.+)$/gm)].map(([, step]) => step)
  const known = language === 'en' ? steps : listed.slice(0, steps.length)
  const files = [...page.matchAll(/`((?:packages\/[\w/-]+|[\w-]+)\.ts)`/g)].map(([, file]) => file)
  const entries = new Set(begun.map(([, , begin]) => begin))
  return [
    ...difference('the table of folders and the order of the folders of core', named, order),
    ...difference('the numbered steps and those of refresh.ts', listed, known.length === steps.length ? known : steps),
    ...packages
      .filter((name) => begun.filter(([, pattern]) => matches(pattern, name)).length !== 1)
      .map((name) => `packages/${name} does not stand in the table of packages once`),
    ...begun
      .filter(([, pattern, begin]) => {
        const matching = packages.filter((name) => matches(pattern, name))
        return (
          matching.length === 0 || !matching.every((name) => existsSync(join(root, 'packages', name, 'src', begin)))
        )
      })
      .map(([, pattern, begin]) => `packages/${pattern}/src/${begin} is not there`),
    ...files
      .filter((file) =>
        file.includes('/') ? !existsSync(join(root, file)) : !coreFiles.includes(file) && !entries.has(file),
      )
      .filter((file) => file.includes('/') || !existsSync(join(root, 'packages/client/src', file)))
      .map((file) => `${file} is not there`),
  ]
}

function matches(pattern, name) {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name
}

function difference(what, found, expected) {
  const [a, b] = [found.join(', '), expected.join(', ')]
  return a === b ? [] : [`${what} differ: ${a} / ${b}`]
}
