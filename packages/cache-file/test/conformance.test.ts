import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileCache } from '@lingpai/cache-file'
import { cacheConformance } from '@lingpai/testing/conformance'
import { nameOfKey } from '../src/state.js'

cacheConformance(test, async () => {
  const root = await mkdtemp(join(tmpdir(), 'lingpai-'))
  const directory = join(root, 'cache')
  let nowMs = 1_800_000_000_000
  const caches = [fileCache({ directory, clock: { now: () => nowMs } })]
  const open = () => {
    const cache = fileCache({ directory, clock: { now: () => nowMs } })
    caches.push(cache)
    return cache
  }
  return {
    cache: open(),
    reopen: open,
    damage: async (key) => {
      const entry = join(directory, nameOfKey(key))
      for (const name of await readdir(entry)) await truncate(join(entry, name), 40)
    },
    breakStore: async () => {
      await rm(directory, { recursive: true, force: true })
      await writeFile(directory, 'a file where the directory belongs')
    },
    nowMs: () => nowMs,
    advanceMs: (ms) => {
      nowMs += ms
    },
    close: async () => {
      for (const cache of caches) await cache.close?.()
      await rm(root, { recursive: true })
    },
  }
})
