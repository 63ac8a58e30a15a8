// node scripts/check-layering.mjs: plants one violation of each rule of .dependency-cruiser.cjs in a copy of the
// workspace and expects each to be reported.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { stageWorkspace } from './lib/stage.mjs'
import { root } from './lib/workspace.mjs'

/** Rule to the files that break it, with their paths below `packages/`. The first one must be reported. */
const plants = {
  'no-circular': [
    ['core/src/planted-a.ts', "import type { B } from './planted-b.js'\nexport interface A { b: B }"],
    ['core/src/planted-b.ts', "import type { A } from './planted-a.js'\nexport interface B { a: A }"],
  ],
  'core-depends-on-nothing': [
    ['core/src/planted-cache.ts', "import '@lingpai/cache-memory'"],
    ['core/src/planted-npm.ts', "import 'lru-cache'"],
  ],
  'core-folders-in-order': [
    ['core/src/secrecy/planted-up.ts', "import '../time/pause.js'"],
    ['core/src/state/planted-up.ts', "import '../refresh/refresh.js'"],
    ['core/src/manager/planted-up.ts', "import '../kit/http-kit.js'"],
  ],
  'core-contracts-know-no-way-of-a-call': [['core/src/planted-contract.ts', "import './refresh/refresh.js'"]],
  'core-folders-are-known': [['core/src/planted/planted.ts', "import '../clock.js'"]],
  'provider-knows-only-core': [
    ['provider-wecom/src/planted-sibling.ts', "import '@lingpai/provider-qq-bot'"],
    ['provider-qq-bot/src/planted-cache.ts', "import type {} from '@lingpai/cache-memory'"],
  ],
  'cache-knows-only-core': [
    ['cache-file/src/planted-sibling.ts', "import '@lingpai/cache-memory'"],
    ['cache-memory/src/planted-provider.ts', "import '@lingpai/provider-wecom'"],
  ],
  'cache-from-url-knows-only-caches': [['cache-from-url/src/planted-provider.ts', "import '@lingpai/provider-wecom'"]],
  'provider-does-no-io': [
    ['provider-wecom/src/planted-node.ts', "import 'node:fs'"],
    ['provider-wecom/src/planted-npm.ts', "import 'lru-cache'"],
  ],
  'src-never-imports-testing': [['core/src/planted-testing.ts', "import '@lingpai/testing'"]],
  'testing-folders-in-order': [
    ['testing/src/clock/planted-up.ts', "import '../fleet/random-stream.js'"],
    ['testing/src/simulator/planted-up.ts', "import '../fleet/random-stream.js'"],
    ['testing/src/conformance/cache/planted-top.ts', "import '../../index.js'"],
  ],
  'testing-folders-are-known': [['testing/src/planted/planted.ts', "import '../chaos-cache.js'"]],
  'testing-knows-only-core': [['testing/src/planted-cache.ts', "import '@lingpai/cache-memory'"]],
  'service-knows-no-store': [['server/src/planted-store.ts', "import '@lingpai/cache-file'"]],
  'only-the-entry-imports-the-command': [['testing/src/planted-command.ts', "import '@lingpai/cli'"]],
  'no-deep-import': [
    ['cache-file/src/planted-deep.ts', "import '../../core/src/clock.js'"],
    ['cache-file/test/planted-deep.test.ts', "import '../../core/src/clock.js'"],
  ],
  'src-never-imports-tests': [
    ['core/src/planted-test.ts', "import '../test/planted-material.js'"],
    ['core/test/planted-material.ts', 'export const material = 1'],
  ],
  'declared-packages-only': [['cache-file/src/planted-npm.ts', "import 'lru-cache'"]],
  'not-to-unresolvable': [['core/src/planted-nowhere.ts', "import './no-such-file.js'"]],
}

/** Files of a plant that are imported and must not be reported. */
const accomplices = new Set(['core/src/planted-b.ts', 'core/test/planted-material.ts'])

const { forbidden } = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs'))
const stage = stageWorkspace()
const problems = []
try {
  // The command's entry may not exist yet, and the plant needs something to import.
  write('cli/src/index.ts', 'export const planted = 1')
  for (const [path, text] of Object.values(plants).flat()) write(path, text)
  const reported = violations()
  for (const name of new Set(forbidden.map(({ name }) => name))) {
    if (plants[name] === undefined) problems.push(`${name}: no violation is planted for this rule`)
  }
  for (const [rule, files] of Object.entries(plants)) {
    if (!forbidden.some(({ name }) => name === rule)) problems.push(`${rule}: there is no such rule`)
    for (const [path] of files) {
      if (!accomplices.has(path) && !reported.has(`${rule} packages/${path}`)) {
        problems.push(`${rule}: the violation planted in packages/${path} was not reported`)
      }
    }
  }
} finally {
  stage.remove()
}
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exitCode = 1
} else {
  console.log(`${new Set(forbidden.map(({ name }) => name)).size} rules, each reports its planted violation`)
}

function write(path, text) {
  const file = join(stage.root, 'packages', path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${text}\n`)
}

/** `rule path` of each violation that dependency-cruiser finds in the copy. */
function violations() {
  const depcruise = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const args = [
    depcruise,
    'packages/*/{src,test,test-d}',
    '--config',
    join(root, '.dependency-cruiser.cjs'),
    '-T',
    'json',
  ]
  const run = spawnSync(process.execPath, args, { cwd: stage.root, encoding: 'utf8', maxBuffer: 256 * 2 ** 20 })
  if (run.stdout === '') throw new Error(`dependency-cruiser said nothing: ${run.stderr}`)
  const { summary } = JSON.parse(run.stdout)
  return new Set(summary.violations.map(({ rule, from }) => `${rule.name} ${from}`))
}
