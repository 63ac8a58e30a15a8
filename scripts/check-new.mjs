// node scripts/check-new.mjs: adds a provider and a cache to a copy of the workspace with `npm run new`. Their tests must
// fail with the list of what to fill in, and pass when everything is filled in. The provider must then be named everywhere without an
// edit outside its folder.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stageWorkspace } from './lib/stage.mjs'
import { root } from './lib/workspace.mjs'

const folders = ['provider-acme', 'cache-acme']
const copied = [
  '.prettierrc.json',
  'README.md',
  'README.zh-CN.md',
  'deploy',
  'docs',
  'fixtures',
  'jest.config.ts',
  'llms.txt',
  'scripts',
]
const withSources = ['--conditions=@lingpai/source', '--import', 'tsx']

/** The platform in the token server and in the simulator: a copy of another one, which has a file of its own as well. */
const siblings = [
  ['packages/server/src/facades', 'facade'],
  ['packages/testing/src/simulator', 'platform'],
]

/** Where the provider must be named after the generator ran, and with which text. */
const places = {
  'packages/cli/package.json': '"@lingpai/provider-acme"',
  'packages/cli/src/provider-manifests.ts': "from '@lingpai/provider-acme/manifest'",
  'packages/cli/lingpai.schema.json': '"const": "acme"',
  'packages/cli/README.md': '`ACME_BASE_URL`',
  'packages/server/page/assets/provider-titles.js': "acme: 'Acme'",
  'tsconfig.json': '"packages/provider-acme"',
  'README.md': '| Acme apps',
  'README.zh-CN.md': '| Acme 应用',
  'docs/en/providers/acme.md': 'the token is invalid',
  'docs/zh/providers/acme.md': '令牌无效',
  'docs/en/index.md': '(providers/acme.md)',
  'docs/zh/quick-start.md': '`ACME_APP_ID`、`ACME_APP_SECRET`',
  'docs/en/command-line.md': '`ACME_BASE_URL`',
  'llms.txt': "import { acme } from '@lingpai/provider-acme'",
  'fixtures/consumer-ts-minimum/package.json': '"@lingpai/provider-acme"',
  'fixtures/consumer-ts-minimum/without-node/providers.ts': "export { acme } from '@lingpai/provider-acme'",
  'packages/server/src/facades/generated-list.ts': "from './acme-facade.js'",
  'packages/testing/src/simulator/platform-name.ts': "'acme'",
  'packages/testing/src/simulator/platform-kinds.ts': 'acme: acmePlatform',
}

const stage = stageWorkspace(copied)
const problems = []
try {
  check()
} finally {
  stage.remove()
}
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exitCode = 1
} else {
  console.log(
    `a new provider is named in ${Object.keys(places).length} files and the command, a new cache passes its tests`,
  )
}

function check() {
  expectPassed('npm run new -- provider acme', node(['scripts/new.mjs', 'provider', 'acme']))
  expectPassed('npm run new -- cache acme', node(['scripts/new.mjs', 'cache', 'acme']))
  // What `npm install` does.
  for (const folder of folders) {
    const [from, to] = [join(stage.root, 'packages', folder), join(stage.root, 'node_modules/@lingpai', folder)]
    symlinkSync(from, to, 'junction')
  }
  const unfilled = tests()
  for (const task of ['the host, and the request below', 'the store, instead of this map']) {
    if (unfilled.status === 0 || !unfilled.output.includes(task)) problems.push(`no test asks to fill in: ${task}`)
  }
  for (const folder of folders) fillIn(join(stage.root, 'packages', folder))
  expectPassed('the tests of what is filled in', tests())

  for (const [folder, kind] of siblings) {
    const model = readFileSync(join(stage.root, folder, `qq-${kind}.ts`), 'utf8')
    writeFileSync(join(stage.root, folder, `acme-${kind}.ts`), model.replaceAll(/\bqq(?=Facade|Platform)/g, 'acme'))
  }
  const isStale = node([...withSources, 'scripts/providers.mjs', '--check']).status !== 0
  if (!isStale) problems.push('providers:check passes although the new provider is named nowhere')
  expectPassed('npm run providers', node([...withSources, 'scripts/providers.mjs']))
  for (const [path, text] of Object.entries(places)) {
    const file = join(stage.root, path)
    if (!existsSync(file) || !readFileSync(file, 'utf8').includes(text)) problems.push(`${path} has no ${text}`)
  }
  const init = node([...withSources, 'packages/cli/src/bin.ts', 'init', '--provider', 'acme', '--config', 'new.yaml'])
  expectPassed('lingpai init --provider acme', init)
}

function tests() {
  const jest = join(root, 'node_modules/jest/bin/jest.js')
  return node(['--experimental-vm-modules', jest, ...folders.map((folder) => `packages/${folder}/`)])
}

/** Removes every `Fill in` comment: the example already works. */
function fillIn(folder) {
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!name.endsWith('.ts')) continue
    const file = join(folder, name)
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^ *\/\/ Fill in: .*\n/gm, ''))
  }
}

/** Runs Node in the copy. */
function node(args) {
  const env = { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1' }
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: stage.root, encoding: 'utf8', env })
  return { status, output: `${stdout}${stderr}` }
}

function expectPassed(what, { status, output }) {
  if (status !== 0) problems.push(`${what} failed:\n${output}`)
}
