import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ofPackages = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const loader = import.meta.resolve('tsx')

/** A project that installed this package, the core, and of the adapters only the memory. */
const project = mkdtempSync(join(tmpdir(), 'lingpai-missing-'))
const scope = join(project, 'node_modules', '@lingpai')
mkdirSync(scope, { recursive: true })
cpSync(ofPackages('cache-from-url'), join(scope, 'cache-from-url'), {
  recursive: true,
  filter: (path) => !/node_modules|dist/.test(path.slice(ofPackages('').length)),
})
for (const name of ['core', 'cache-memory']) symlinkSync(ofPackages(name), join(scope, name))
writeFileSync(
  join(project, 'open.mjs'),
  `import { cacheFromUrl } from '@lingpai/cache-from-url'
  const { reach, code, message, hint, details } = await cacheFromUrl(process.argv[2]).catch((error) => error)
  console.log(JSON.stringify({ reach, code, message, hint, details }))`,
)
afterAll(() => {
  rmSync(project, { recursive: true, force: true })
})

function open(url: string): unknown {
  const flags = ['--conditions=@lingpai/source', '--import', loader]
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, 'open.mjs', url], {
    cwd: project,
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

test('an installed adapter works without the others', () => {
  expect(open('memory:')).toEqual({ reach: 'process' })
})

test.each([
  ['file:tokens', '@lingpai/cache-file'],
  ['sqlite:tokens.db', '@lingpai/cache-sqlite'],
  ['redis://me:hunter2hunter2@host', '@lingpai/cache-redis'],
  ['redis+cluster://host', '@lingpai/cache-redis'],
])('the error of %s without %s is one line with the command to install it', (url, name) => {
  expect(open(url)).toEqual({
    code: 'ERR_LINGPAI_CONFIG',
    message: `cache: the package ${name} is not installed: npm install ${name}`,
    hint: `Run: npm install ${name}`,
    details: { field: 'cache', problem: 'missing' },
  })
})
