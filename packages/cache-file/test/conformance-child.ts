import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileCache } from '@lingpai/cache-file'
import { cacheConformance } from '@lingpai/testing/conformance'
import { innerName } from '../src/state-file.js'
import { nameOfKey } from '../src/state.js'

/** Runs the conformance suite where states are directories, and prints the name of each check, with how it ended. */
const checks: { readonly name: string; readonly body: () => Promise<void> }[] = []
cacheConformance(
  (name, body) => checks.push({ name, body }),
  async () => {
    const root = await mkdtemp(join(tmpdir(), 'lingpai-'))
    const directory = join(root, 'cache')
    let nowMs = 1_800_000_000_000
    const open = () => fileCache({ directory, clock: { now: () => nowMs } })
    return {
      cache: open(),
      reopen: open,
      damage: async (key) => {
        const entry = join(directory, nameOfKey(key))
        for (const name of await readdir(entry)) await truncate(join(entry, name, innerName), 40)
      },
      breakStore: async () => {
        await rm(directory, { recursive: true, force: true })
        await writeFile(directory, 'a file where the directory belongs')
      },
      nowMs: () => nowMs,
      advanceMs: (ms) => {
        nowMs += ms
      },
      close: () => rm(root, { recursive: true }),
    }
  },
)
await Promise.all(
  checks.map(({ name, body }) =>
    body().then(
      () => process.stdout.write(`passed ${name}\n`),
      (error: unknown) => process.stdout.write(`failed ${name}: ${String(error)}\n`),
    ),
  ),
)
