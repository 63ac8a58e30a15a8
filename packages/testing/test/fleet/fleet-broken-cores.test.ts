import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lingpai-core-'))
  await cp(join(root, 'packages/core/src'), folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** Takes a piece out of the copy, or puts another in its place; it has to be there, once, or this test tests nothing. */
async function cutOut(file: string, piece: string, other = ''): Promise<void> {
  const path = join(folder, file)
  const text = await readFile(path, 'utf8')
  expect(text.split(piece)).toHaveLength(2)
  await writeFile(path, text.replace(piece, other))
}

function simulate(...args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['scripts/simulate.mjs', ...args], { cwd: root }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr })
    })
  })
}

test('the unbroken core passes the same seeds', async () => {
  const { code, output } = await simulate('--from', '1', '--seeds', '60', '--workers', '1', '--core', folder)
  expect(output).toContain('60 schedules')
  expect(code).toBe(0)
}, 180_000)

interface BrokenCore {
  readonly what: string
  readonly guarantee: string
  readonly file: string
  readonly piece: string
  readonly other?: string
}

const brokenCores: readonly BrokenCore[] = [
  {
    what: 'does not look after the lease',
    guarantee: 'G1',
    file: 'refresh/refresh.ts',
    piece: "lease !== undefined && (await lookAtCache(context)).kind !== 'down'",
    other: 'lease !== undefined',
  },
  {
    what: 'does not compare a rejected token',
    guarantee: 'G1',
    file: 'source/account-source.ts',
    piece: ' || !isCurrent()',
  },
  {
    what: 'writes nothing back',
    guarantee: 'G1',
    file: 'record/deferred-write.ts',
    piece: 'if (state.unsettled.isWritePlanned) return',
    other: 'return',
  },
  {
    what: 'does not look when it cannot be sure',
    guarantee: 'G2',
    file: 'state/freshness.ts',
    piece: 'renewalModes[renewal.mode].endsOld && isShared(context)',
    other: 'false',
  },
  {
    what: 'waits for a refresh ahead',
    guarantee: 'G3',
    file: 'refresh/serve-from-memory.ts',
    piece: 'refreshAhead(context)\n  if',
    other: "await joinRefresh(context, { reason: 'ahead', minLifeMs: 0 }).promise.catch(() => undefined)\n  if",
  },
  {
    what: 'forgets rejections',
    guarantee: 'G4',
    file: 'state/account-state.ts',
    piece: ' || state.unsettled.rejectedValues.includes(record.value)',
  },
  {
    what: 'goes by counts alone',
    guarantee: 'G1',
    file: 'record/record-order.ts',
    piece: ' && facts.laterByMs <= 0',
  },
  {
    what: 'keeps its failures to itself',
    guarantee: 'G6',
    file: 'refresh/cool-down.ts',
    piece: 'if (isUp) await gate.set',
  },
  {
    what: 'masks nothing',
    guarantee: 'G7',
    file: 'secrecy/redact.ts',
    piece: 'masked += text.slice(end, from) + mask',
    other: 'masked += text.slice(end, to)',
  },
]

test.each(brokenCores)(
  'a core that $what is caught in under 1,000 seeds',
  async ({ guarantee, file, piece, other }) => {
    await cutOut(file, piece, other)
    const { code, output } = await simulate('--from', '1', '--seeds', '999', '--workers', '1', '--core', folder)
    expect(output).toMatch(new RegExp(`^seed \\d+ \\(\\w+\\), \\d+ ms after the start: ${guarantee} broken: .+$`, 'm'))
    expect(output).toMatch(/^replay: npm run simulate -- --seed \d+$/m)
    expect(code).toBe(1)
  },
  180_000,
)

test('a failing seed replays with its whole trace', async () => {
  await cutOut(
    'refresh/refresh.ts',
    "lease !== undefined && (await lookAtCache(context)).kind !== 'down'",
    'lease !== undefined',
  )
  const swept = await simulate('--from', '1', '--seeds', '999', '--workers', '1', '--core', folder)
  const [, seed = '', what = ''] = /^seed (\d+) .*: (G1 broken: .+)$/m.exec(swept.output) ?? []
  const { code, output } = await simulate('--seed', seed, '--core', folder)
  expect(output).toContain(what)
  expect(output.split('\n')[0]).toMatch(/^ +0\.000 plan/)
  expect(code).toBe(1)
}, 180_000)
