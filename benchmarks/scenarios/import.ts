import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { allContenders, ours } from '../contenders/contenders.js'
import type { Scenario } from '../harness/scenario.js'
import { median } from '../harness/statistics.js'

/** What a program imports of Lingpai for one platform in one process. */
const packagesOfLingpai = ['@lingpai/core', '@lingpai/provider-wechat-mp', '@lingpai/cache-memory']

/**
 * Time and heap of the import in a fresh process, as a user has it: the built packages. The yardstick is a single file that keeps
 * tokens in a `Map`.
 */
export const importCost: Scenario = {
  name: 'import',
  contenders: allContenders,
  leftOut: {},
  measures: {
    'time-to-yardstick': { unit: 'ratio', better: 'lower' },
    time: { unit: 'ms', better: 'lower' },
    heap: { unit: 'MiB', better: 'lower' },
  },
  quick: { rounds: 5, pairs: 1 },
  full: { rounds: 7, pairs: 5 },
  run: async (name, { pairs = 0 }) => {
    const directory = mkdtempSync(join(tmpdir(), 'lingpai-benchmark-'))
    const single = join(directory, 'yardstick.mjs')
    writeFileSync(single, yardstickSource)
    const seen: { readonly own: Import; readonly base: Import }[] = []
    for (let pair = 0; pair < pairs; pair += 1) {
      const base = await importOf([pathToFileURL(single).href])
      seen.push({ base, own: await importOf(name === ours ? packagesOfLingpai : [name]) })
    }
    rmSync(directory, { recursive: true })
    return {
      'time-to-yardstick': median(seen.map(({ base, own }) => own.ms / base.ms)),
      time: median(seen.map(({ own }) => own.ms)),
      heap: median(seen.map(({ own }) => own.mib)),
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

interface Import {
  readonly ms: number
  readonly mib: number
}

async function importOf(specifiers: readonly string[]): Promise<Import> {
  const script = fileURLToPath(new URL('./import-once.mjs', import.meta.url))
  const child = fork(script, specifiers, { execArgv: ['--expose-gc'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const seen = await new Promise<Import>((resolve, reject) => {
    child.once('message', (message) => {
      resolve(message as Import)
    })
    child.once('exit', () => {
      reject(new TypeError(`no figures of the import of ${specifiers.join(', ')}`))
    })
  })
  child.removeAllListeners('exit')
  child.send('end')
  return seen
}
