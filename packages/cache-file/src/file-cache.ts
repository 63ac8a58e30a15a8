import { join, resolve } from 'node:path'
import { ClosedError, ConfigError, systemClock, type IAccessTokenCache } from '@lingpai/core'
import { assertReady, expandHome, holdingProcess, polledFeed } from '@lingpai/core/internal'
import { changedKeys, markChange } from './change-mark.js'
import { forgetEntries } from './forget-entries.js'
import { tightenCacheDirectory } from './private-directory.js'
import { maxValueBytes, nameOfKey } from './state.js'
import { readState, transact, type StateLog } from './state-log.js'
import { stateMemory } from './state-memory.js'
import { ignore } from './system-error.js'
import { commit, release, remove, set, take, type Transition } from './transitions.js'

/** Where the files are, and by which clock they expire. */
export interface FileCacheOptions {
  /** Created if missing, with mode 0700, on a local file system; relative to the working directory. `~` is the home directory. */
  readonly directory: string
  /** Wall clock, Unix milliseconds, the same for all processes. @default Date.now */
  readonly now?: () => number
}

/**
 * Records in files that survive a crash at any moment, shared by all processes of the host, with a lease that fences.
 *
 * Rejects with the system's error (`ENOSPC`, `EACCES` …) when a file cannot be read or written; what stood before still
 * stands. Damaged files are a miss, and the next write heals them.
 *
 * @throws ConfigError when `directory` is missing, empty, or no path.
 */
export function fileCache({ directory, now = systemClock.now }: FileCacheOptions): IAccessTokenCache {
  const root = resolveDirectory(directory)
  const inTurn = turns()
  const memory = stateMemory()
  const feed = polledFeed(changedKeys(root))
  const forget = forgetEntries(root, now)
  let closed = false
  let tightening: Promise<void> | undefined

  const logOf = (key: string): StateLog => {
    if (closed) throw new ClosedError('fileCache: the cache was closed')
    return { key, directory: join(root, nameOfKey(key)), now }
  }
  const step = async <T>(key: string, transition: Transition<T>, writes = false): Promise<T> => {
    const log = logOf(key)
    return holdingProcess(async () =>
      inTurn(key, async () => {
        await (tightening ??= tightenCacheDirectory(root).catch(ignore))
        const answer = await transact(log, transition)
        if (writes && answer !== false) {
          await markChange(root)
          await forget()
        }
        return answer
      }),
    )
  }
  const write = async <T>(key: string, transition: Transition<T>): Promise<T> => step(key, transition, true)

  const cache: IAccessTokenCache = {
    reach: 'host',
    get: async (key) => {
      const { value, expiresAtMs = Infinity } = await holdingProcess(async () => readState(logOf(key), memory))
      return now() < expiresAtMs ? value : undefined
    },
    set: async (key, value, expiresAtMs) => write(key, set(checkValue(value), checkExpiry(expiresAtMs))),
    remove: async (key) => step(key, remove()),
    lease: {
      take: async (key, holder, ttlMs) => step(key, take(holder, checkTtl(ttlMs), now)),
      commit: async (key, holder, value, expiresAtMs) =>
        write(key, commit(holder, checkValue(value), checkExpiry(expiresAtMs))),
      release: async (key, holder) => step(key, release(holder)),
    },
    subscribe: feed.subscribe,
    ready: async () => assertReady('fileCache', cache),
    close: async () => {
      closed = true
      feed.close()
      await inTurn.idle()
    },
  }
  return cache
}

/** Lets the writes of this process to one key follow each other, so that they do not race for a number needlessly. */
function turns(): (<T>(key: string, action: () => Promise<T>) => Promise<T>) & { idle: () => Promise<void> } {
  const last = new Map<string, Promise<unknown>>()
  const inTurn = <T>(key: string, action: () => Promise<T>): Promise<T> => {
    const turn = (last.get(key) ?? Promise.resolve()).then(action)
    const end = turn.catch(ignore).then(() => {
      if (last.get(key) === end) last.delete(key)
    })
    last.set(key, end)
    return turn
  }
  const idle = async (): Promise<void> => {
    await Promise.all(last.values())
  }
  return Object.assign(inTurn, { idle })
}

function resolveDirectory(directory: unknown): string {
  if (directory === undefined || directory === '') {
    throw new ConfigError('fileCache: directory is to name a directory', {
      field: 'directory',
      problem: directory === '' ? 'empty' : 'missing',
    })
  }
  if (typeof directory !== 'string' || directory.includes('\0')) throw malformed('directory', 'is no path')
  return resolve(expandHome(directory) ?? unknownHome())
}

function unknownHome(): never {
  throw malformed('directory', 'begins with the home of another user, which is not looked up: write the whole path')
}

function checkValue(value: unknown): string {
  if (typeof value !== 'string') throw malformed('value', 'is no text')
  if (Buffer.byteLength(JSON.stringify(value)) > maxValueBytes) throw malformed('value', 'is too long to be kept')
  return value
}

function checkExpiry(expiresAtMs: number | undefined): number | undefined {
  if (expiresAtMs === undefined || expiresAtMs === Infinity) return undefined
  if (!Number.isFinite(expiresAtMs)) throw malformed('expiresAtMs', 'is no moment')
  return expiresAtMs
}

function checkTtl(ttlMs: number): number {
  if (!Number.isFinite(ttlMs) || ttlMs <= 0) throw malformed('ttlMs', 'is to be above zero')
  return ttlMs
}

function malformed(field: string, problem: string): ConfigError {
  return new ConfigError(`fileCache: ${field} ${problem}`, { field, problem: 'malformed' })
}
