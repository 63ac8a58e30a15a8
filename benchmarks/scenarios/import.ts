import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { allContenders, ours, yardstickName } from '../contenders/contenders.js'
import type { Scenario } from '../harness/scenario.js'
import { median } from '../harness/statistics.js'
import { startUpstream } from '../upstream/start-upstream.js'

/** What a program imports of Lingpai for one platform in one process. */
const packagesOfLingpai = ['@lingpai/core', '@lingpai/provider-wechat-mp', '@lingpai/cache-memory']

/**
 * Time and heap of the import in a fresh process, as a user has it: the built packages. The yardstick is a single file that keeps
 * tokens in a `Map`. And the same with the first token, so that what a library loads at its first use counts as well.
 */
export const importCost: Scenario = {
  name: 'import',
  contenders: allContenders,
  leftOut: {},
  measures: {
    'time-to-yardstick': { unit: 'ratio', better: 'lower' },
    time: { unit: 'ms', better: 'lower' },
    heap: { unit: 'MiB', better: 'lower' },
    'first-token-to-yardstick': { unit: 'ratio', better: 'lower' },
    'first-token': { unit: 'ms', better: 'lower' },
    'heap-after-first-token': { unit: 'MiB', better: 'lower' },
  },
  quick: { rounds: 5, pairs: 1 },
  full: { rounds: 7, pairs: 5 },
  run: async (name, { pairs = 0 }) => {
    const directory = mkdtempSync(join(tmpdir(), 'lingpai-benchmark-'))
    const single = join(directory, 'yardstick.mjs')
    writeFileSync(single, yardstickSource)
    const upstream = await startUpstream({})
    const specifiers = name === ours ? packagesOfLingpai : [name]
    const imports: Pair[] = []
    const firstTokens: Pair[] = []
    for (let pair = 0; pair < pairs; pair += 1) {
      const base = await runFresh('import-once', [pathToFileURL(single).href])
      imports.push({ base, own: await runFresh('import-once', specifiers) })
      const baseToken = await runFresh('first-token', [yardstickName, upstream.url])
      firstTokens.push({ base: baseToken, own: await runFresh('first-token', [name, upstream.url]) })
    }
    upstream.close()
    rmSync(directory, { recursive: true })
    return {
      'time-to-yardstick': median(imports.map(({ base, own }) => own.ms / base.ms)),
      time: median(imports.map(({ own }) => own.ms)),
      heap: median(imports.map(({ own }) => own.mib)),
      'first-token-to-yardstick': median(firstTokens.map(({ base, own }) => own.ms / base.ms)),
      'first-token': median(firstTokens.map(({ own }) => own.ms)),
      'heap-after-first-token': median(firstTokens.map(({ own }) => own.mib)),
    }
  },
}

const yardstickSource = `const kept = new Map()
export async function getToken(account, load) {
  const entry = kept.get(account)
  if (entry !== undefined && Date.now() < entry.untilMs) return entry.token
  const { token, lifeMs } = await load(account)
  kept.set(account, { token, untilMs: Date.now() + lifeMs })
  return token
}
`

interface Cost {
  readonly ms: number
  readonly mib: number
}

interface Pair {
  readonly own: Cost
  readonly base: Cost
}

/** What a process of `benchmarks/members` that has just started tells. */
async function runFresh(member: 'import-once' | 'first-token', args: readonly string[]): Promise<Cost> {
  const script = fileURLToPath(new URL(`./${member}.mjs`, import.meta.url))
  const child = fork(script, args, { execArgv: ['--expose-gc'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const seen = await new Promise<Cost>((resolve, reject) => {
    child.once('message', (message) => {
      resolve(message as Cost)
    })
    child.once('exit', () => {
      reject(new TypeError(`no figures of ${member} of ${args.join(', ')}`))
    })
  })
  child.removeAllListeners('exit')
  child.send('end')
  return seen
}
