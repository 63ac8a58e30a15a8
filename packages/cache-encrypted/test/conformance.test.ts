import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encryptedCache, generateKey } from '@lingpai/cache-encrypted'
import { fileCache } from '@lingpai/cache-file'
import { memoryCache } from '@lingpai/cache-memory'
import { cacheConformance } from '@lingpai/testing/conformance'

const keys = [generateKey(), generateKey()]

describe('encryptedCache over memoryCache', () => {
  cacheConformance(
    test,
    () => {
      let nowMs = 1_800_000_000_000
      return {
        cache: encryptedCache(memoryCache({ clock: { now: () => nowMs } }), { keys }),
        nowMs: () => nowMs,
        advanceMs: (ms) => {
          nowMs += ms
        },
        close: () => undefined,
      }
    },
    { without: ['lease', 'subscribe', 'close', 'reopen', 'damage', 'breakStore'] },
  )
})

describe('encryptedCache over fileCache', () => {
  cacheConformance(
    test,
    async () => {
      const directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
      let nowMs = 1_800_000_000_000
      const open = () => encryptedCache(fileCache({ directory, clock: { now: () => nowMs } }), { keys })
      return {
        cache: open(),
        reopen: open,
        damage: async (key) => {
          const entry = join(directory, createHash('sha256').update(key).digest('hex'))
          for (const name of await readdir(entry)) await truncate(join(entry, name), 40)
        },
        nowMs: () => nowMs,
        advanceMs: (ms) => {
          nowMs += ms
        },
        close: () => rm(directory, { recursive: true, force: true }),
      }
    },
    { without: ['breakStore'] },
  )
})
