import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lingpai-core-'))
  await cp(join(root, 'packages/core/src'), folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** Takes a piece out of the copy; it has to be there, once, or this test tests nothing. */
async function cutOut(file: string, piece: string): Promise<void> {
  const path = join(folder, file)
  const text = await readFile(path, 'utf8')
  expect(text.split(piece)).toHaveLength(2)
  await writeFile(path, text.replace(piece, ''))
}

function simulate(...args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  const command = ['--conditions=@lingpai/source', '--import', 'tsx', 'scripts/simulate.mjs', ...args]
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: root }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr })
    })
  })
}

test('the core as it is passes the same seeds', async () => {
  const { code, output } = await simulate('--seeds', '60', '--workers', '1', '--core', folder)
  expect(output).toContain('60 schedules')
  expect(code).toBe(0)
}, 180_000)

test.each([
  ['no look after the lease', 'flight.ts', "    if (lease !== 'unavailable') await lookAtCache(context)\n"],
  ['a rejection without compare', 'account-source.ts', ' || !isCurrent()'],
])(
  '%s is caught in under 1,000 seeds',
  async (_, file, piece) => {
    await cutOut(file, piece)
    const { code, output } = await simulate('--seeds', '999', '--workers', '1', '--core', folder)
    expect(output).toMatch(/^seed \d+ \(\w+\), \d+ ms after the start: G1 broken: .+$/m)
    expect(output).toMatch(/^replay: npm run simulate -- --seed \d+$/m)
    expect(code).toBe(1)
  },
  180_000,
)

test('a failing seed replays with its whole trace', async () => {
  await cutOut('flight.ts', "    if (lease !== 'unavailable') await lookAtCache(context)\n")
  const swept = await simulate('--seeds', '999', '--workers', '1', '--core', folder)
  const [, seed = '', what = ''] = /^seed (\d+) .*: (G1 broken: .+)$/m.exec(swept.output) ?? []
  const { code, output } = await simulate('--seed', seed, '--core', folder)
  expect(output).toContain(what)
  expect(output.split('\n')[0]).toMatch(/^ +0\.000 plan/)
  expect(code).toBe(1)
}, 180_000)
